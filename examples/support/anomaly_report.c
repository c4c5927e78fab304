/* SPDX-License-Identifier: MIT */
#include "anomaly_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "picture.h"
#include "program.h"
#include "report.h"

enum { SHEET = 10 };

static const char *const score_names[ANOMALY_SCORES] = {"energy", "gradient_norm", "gaussian", "nearest_neighbour"};
static const char *const set_names[ANOMALY_SETS] = {"all", "natural"};

static const char *model_name(const anomaly_training *training)
{
	return training->model == ANOMALY_GAN ? "gan" : "dsm";
}

void anomaly_scores_alloc(anomaly_scores *s, int64_t rows)
{
	for (int i = 0; i < ANOMALY_SCORES; i++) s->of[i] = program_alloc((size_t)rows, sizeof *s->of[i]);
}

void anomaly_scores_free(anomaly_scores *s)
{
	for (int i = 0; i < ANOMALY_SCORES; i++) free(s->of[i]);
}

/* Rows of images that the score gets wrong: the normal ones of highest energy, then the anomalies of lowest. */
static int draw_errors(const digit_split *d, const double *energies, const char *path)
{
	size_t row = (size_t)d->columns * sizeof(float);
	float *sheet = program_alloc(2 * SHEET, row);
	char *taken = program_alloc((size_t)(d->n_normal + d->n_anomalies), 1);
	for (int i = 0; i < 2 * SHEET; i++) {
		int odd = i >= SHEET;
		int64_t from = odd ? d->n_normal : 0, to = odd ? d->n_normal + d->n_anomalies : d->n_normal, best = -1;
		for (int64_t k = from; k < to; k++)
			if (!taken[k] && (best < 0 || (odd ? energies[k] < energies[best] : energies[k] > energies[best])))
				best = k;
		if (best < 0) continue;
		taken[best] = 1;
		memcpy(sheet + i * d->columns, d->test + best * d->columns, row);
	}
	int result = picture_images(path, sheet, 2, SHEET, (size_t)d->height, (size_t)d->width, 1);
	free(sheet);
	free(taken);
	return result;
}

void anomaly_draw(const digit_split *d, const anomaly_scores *s, const anomaly_training *training, const char *folder)
{
	char path[PROGRAM_PATH], title[96];
	for (int i = 0; i < 2; i++) {
		const picture_values sets[2] = {{"normal", s->of[i], (size_t)d->n_normal},
		                                {"anomaly", s->of[i] + d->n_normal, (size_t)d->n_anomalies}};
		snprintf(title, sizeof title, "Digit %lld left out (%s): AUROC %.3f, AUPRC %.3f at prevalence %.3f",
		         (long long)d->digit, model_name(training), s->found[0][i].auroc, s->found[0][i].average_precision,
		         s->found[0][i].prevalence);
		check_done(picture_histograms(program_path(path, folder, i ? "gradient_norms.png" : "energies.png"), title,
		                              i ? "norm of the energy's gradient" : "energy (low = likely)", sets));
	}
	check_done(draw_errors(d, s->of[0], program_path(path, folder, "errors.png")));
}

static void print_table(const digit_split *d, const anomaly_scores *s)
{
	printf("%-20s", "");
	for (int p = 0; p < ANOMALY_SETS; p++)
		printf("  %s: %lld + %lld anomalies, %.3f", set_names[p], (long long)d->n_normal,
		       (long long)(p == 0 ? d->n_anomalies : d->n_natural), s->found[p][0].prevalence);
	printf("\n%-20s  AUROC  AUPRC (all)  AUROC  AUPRC (natural)\n", "score");
	for (int i = 0; i < ANOMALY_SCORES; i++)
		printf("%-20s  %.3f  %.3f        %.3f  %.3f\n", score_names[i], s->found[0][i].auroc,
		       s->found[0][i].average_precision, s->found[1][i].auroc, s->found[1][i].average_precision);
}

void anomaly_print(const digit_split *d, const anomaly_scores *s, const anomaly_training *training)
{
	print_table(d, s);
	report_open(NULL);
	report_integer("digit", d->digit);
	report_text("model", model_name(training));
	report_integer("train", d->n_train);
	report_integer("steps", training->steps_done);
	report_number("seconds", training->seconds);
	for (int p = 0; p < ANOMALY_SETS; p++) {
		report_open(set_names[p]);
		report_number("prevalence", s->found[p][0].prevalence);
		for (int i = 0; i < ANOMALY_SCORES; i++) {
			report_open(score_names[i]);
			report_number("auroc", s->found[p][i].auroc);
			report_number("auprc", s->found[p][i].average_precision);
			report_close();
		}
		report_close();
	}
	report_close();
}
