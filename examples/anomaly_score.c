/* SPDX-License-Identifier: MIT */
/* Detects anomalies with an energy: learns nine digits, and finds the images of the tenth. Compares two scores of one
 * network, the energy U(x) and the norm of its gradient, with two scores that need no network (baselines.h).
 *
 * Test sets. Four fifths of the normal images are trained on, and the last fifth is tested. "all" adds every image of
 * the digit that was left out, as the published figures on MNIST do: about 36 in 100 are anomalies, so a random score
 * has an average precision (AUPRC) of 0.36. "natural" adds one fifth of them, as a random test set would: about 10 in
 * 100. AUROC hardly differs between the two sets, but AUPRC does: always compare it with the prevalence.
 *
 * Which energy. AUROC of "all" after 5000 steps on the first 40,000 images, dsm with sigma 1, gan with penalty 100 as
 * Kumar et al. 2019 use it for this task:
 *
 *  digit  dsm: energy  gradient   gan: energy  gradient   gaussian  nearest neighbour
 *    0           .872      .802          .341      .718       .689               .978
 *    5           .782      .760          .482      .730       .703               .947
 *    9           .482      .477          .757      .377       .501               .717
 *
 * The gan took twice the time, so dsm is the default. An AUROC below one half means that the anomalies have lower
 * energy than the digits that were learnt: an energy first learns how much ink and how many strokes images have, and
 * only later which digits they show (Nalisnick et al. 2019 found this for other densities). The distance to the nearest
 * image is hard to beat here, but needs the whole data set for each score. */
#include <egm.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/anomaly_energy.h"
#include "support/anomaly_report.h"
#include "support/baselines.h"
#include "support/digit_split.h"
#include "support/options.h"
#include "support/program.h"

enum { DRAWN = 6000 };

typedef struct settings {
	const char *data, *out;
	int64_t digit, images, threads;
	anomaly_training training;
} settings;

static void read_settings(settings *s, int argc, char **argv)
{
	anomaly_training *t = &s->training;
	program_option options[] = {
	    OPTION_TEXT("data", &s->data, "Folder of the IDX files of MNIST, plain or .gz; without it shapes are drawn."),
	    OPTION_NUMBER("digit", &s->digit, 0, 9, "Digit that is left out; 0 to 4 for drawn shapes."),
	    OPTION_REQUIRED("out", &s->out, "Folder for the results; created if missing."),
	    OPTION_CHOICE("model", &t->model, ANOMALY_DSM, "dsm|gan: Denoising score matching, or energy GAN."),
	    OPTION_NUMBER("minutes", &t->minutes, 0, 1e6, "Stop the training after this time; 0: never."),
	    OPTION_NUMBER("steps", &t->steps, 0, 1e12, "Stop it after this many steps; 0: never."),
	    OPTION_NUMBER("images", &s->images, 0, 1e9, "Number of images to use of each file, the first ones; 0: all."),
	    OPTION_MEMBER("sigma", egm_dsm_options, &t->dsm, sigma),
	    OPTION_MEMBER("penalty", egm_energy_gan_options, &t->gan.loss, penalty),
	    OPTION_MEMBER("lr", egm_trainer_options, &t->gan.training, learning_rate),
	    OPTION_MEMBER("batch", egm_trainer_options, &t->gan.training, batch),
	    OPTION_NUMBER("seed", &t->gan.training.seed, 0, 1e15, "Seed of split, networks and training."),
	    OPTION_NUMBER("threads", &s->threads, 1, 256, "Threads at most."),
	    OPTIONS_END,
	};
	options_read(argc, argv, "[--data DIR] --out DIR [options]",
	             "Learns all digits but one, and measures how well an energy finds that one.", options, 0);
	if (t->minutes == 0 && t->steps == 0) options_misuse(argv, "one of --minutes and --steps must be above 0");
	if (!s->data && s->digit > 4) options_misuse(argv, "--digit: must be 0 to 4 without --data");
}

/* Two scores of one network: U(x) and |grad U(x)|. */
static void score_by_energy(const egm_model *energy, const digit_split *d, double *energies, double *norms)
{
	enum { BATCH = 1000 };
	int64_t rows = d->n_normal + d->n_anomalies;
	float u[BATCH], *gradients = program_alloc(BATCH, (size_t)d->columns * sizeof *gradients);
	for (int64_t i = 0; i < rows; i += BATCH) {
		int64_t n = rows - i < BATCH ? rows - i : BATCH;
		check(egm_model_energy_gradient(energy, egm_f32(d->test + i * d->columns, n, d->columns), egm_f32_out(u, n, 1),
		                                egm_f32_out(gradients, n, d->columns)));
		for (int64_t r = 0; r < n; r++) {
			double square = 0;
			for (int64_t k = 0; k < d->columns; k++)
				square += (double)gradients[r * d->columns + k] * gradients[r * d->columns + k];
			energies[i + r] = u[r];
			norms[i + r] = sqrt(square);
		}
	}
	free(gradients);
}

/* The two scores that need no network. */
static void score_by_baselines(egm_context *context, const digit_split *d, double *gaussian, double *neighbour)
{
	int64_t rows = d->n_normal + d->n_anomalies, fitted = d->n_train < 20000 ? d->n_train : 20000;
	fprintf(stderr, "baselines: a Gaussian of %lld images, the nearest of %lld\n", (long long)fitted,
	        (long long)d->n_train);
	if (baseline_gaussian(d->train, fitted, d->test, rows, d->columns, gaussian) < 0)
		for (int64_t i = 0; i < rows; i++) gaussian[i] = NAN;
	check(baseline_neighbour(context, d->train, d->n_train, d->test, rows, d->columns, neighbour));
}

/* Ranks both test sets by each score. The figures of a score that could not be computed stay NaN. */
static void rank_all(egm_context *context, const digit_split *d, anomaly_scores *s)
{
	int64_t rows = d->n_normal + d->n_anomalies, natural = d->n_normal + d->n_natural;
	unsigned char *odd = program_alloc((size_t)rows, 1);
	for (int64_t i = d->n_normal; i < rows; i++) odd[i] = 1;
	for (int p = 0; p < ANOMALY_SETS; p++)
		for (int i = 0; i < ANOMALY_SCORES; i++) {
			egm_ranking *found = &s->found[p][i];
			*found = (egm_ranking)EGM_RANKING_INIT;
			found->auroc = found->average_precision = found->prevalence = NAN;
			if (isnan(s->of[i][0])) continue;
			check(egm_metric_ranking(context, egm_f64(s->of[i], p == 0 ? rows : natural, 1), odd, 0, found));
		}
	free(odd);
}

int main(int argc, char **argv)
{
	settings s = {.threads = 1,
	              .training = {ANOMALY_DSM, EGM_DSM_OPTIONS_INIT, gan_of_images(5e-4, 0.1), .minutes = 3}};
	s.training.dsm.sigma = 1;
	s.training.gan.loss.penalty = 100;
	s.training.gan.training.batch = 128;
	read_settings(&s, argc, argv);
	program_folder(s.out);

	egm_context *context = program_context(s.threads);
	labelled_images images = {0};
	digit_split d;
	anomaly_scores scores;
	if (s.data)
		labelled_images_load(&images, context, s.data, s.images);
	else
		labelled_images_draw(&images, s.images > 0 ? s.images : DRAWN);
	digit_split_make(&d, &images, s.digit, s.training.gan.training.seed);
	labelled_images_free(&images);
	egm_model *energy = anomaly_energy_learn(context, d.train, d.n_train, d.columns, &s.training, s.out);
	anomaly_scores_alloc(&scores, d.n_normal + d.n_anomalies);
	score_by_energy(energy, &d, scores.of[0], scores.of[1]);
	score_by_baselines(context, &d, scores.of[2], scores.of[3]);
	rank_all(context, &d, &scores);
	anomaly_draw(&d, &scores, &s.training, s.out);
	anomaly_print(&d, &scores, &s.training);
	anomaly_scores_free(&scores);
	egm_model_free(energy);
	digit_split_free(&d);
	egm_context_free(context);
	return EXIT_SUCCESS;
}
