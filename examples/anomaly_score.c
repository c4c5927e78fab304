/* SPDX-License-Identifier: MIT */
/* Learns nine digits and asks which images are none of them: an energy as a score for anomalies. Two scores of one net,
 * the energy U(x) and the norm of its gradient, against two that need no net (baselines.h).
 *
 * Test sets. Four fifths of the normal images are trained on; the last fifth is tested. "all" adds every image of the
 * digit that was left out, as the published figures on MNIST do: about 36 in 100 are anomalies, and so a score that
 * knows nothing has an average precision (AUPRC) of 0.36. "natural" adds one fifth of them, as a random test set would:
 * about 10 in 100. AUROC hardly differs between the two, AUPRC does; always read it against the prevalence.
 *
 * Which energy. AUROC of "all", 5000 steps on the first 40,000 images, dsm with sigma 1, gan with penalty 100 as Kumar
 * et al. 2019 have it for this use:
 *
 *  digit  dsm: energy  gradient   gan: energy  gradient   gaussian  nearest neighbour
 *    0           .872      .802          .341      .718       .689               .978
 *    5           .782      .760          .482      .730       .703               .947
 *    9           .482      .477          .757      .377       .501               .717
 *
 * and the gan took twice the time: hence dsm. Below one half the anomalies look likelier than the digits that were
 * learnt: an energy orders images by what they have little of, ink and strokes, before it knows digits (Nalisnick et
 * al. 2019 found it for other densities). The distance to the nearest image is hard to beat here, and costs the whole
 * data set at each question. */
#include <egm.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baselines.h"
#include "energy_gan.h"
#include "labelled_images.h"
#include "picture.h"
#include "program.h"
#include "progress.h"

enum { DRAWN = 6000, SHEET = 10, SCORES = 4, PROTOCOLS = 2 };

static const char *const score_names[SCORES] = {"energy", "gradient_norm", "gaussian", "nearest_neighbour"};
static const char *const protocol_names[PROTOCOLS] = {"all", "natural"};

typedef struct settings {
	const char *data, *out, *model;
	int64_t digit, images, steps, seed, threads, batch;
	double minutes, rate, sigma, penalty;
} settings;

static void read_settings(settings *s, int argc, char **argv)
{
	const program_option options[] = {
	    {"data", OPTION_TEXT, &s->data, 0, 0, "folder of MNIST's IDX files or .gz; without it shapes are drawn"},
	    {"digit", OPTION_INTEGER, &s->digit, 0, 9, "what is left out; of drawn shapes 0 to 4"},
	    {"out", OPTION_TEXT, &s->out, 0, 0, "folder for the results; made if missing"},
	    {"model", OPTION_TEXT, &s->model, 0, 0, "dsm: denoising score matching; gan: energy GAN"},
	    {"minutes", OPTION_NUMBER, &s->minutes, 0, 1e6, "stop the training after this time; 0: never"},
	    {"steps", OPTION_INTEGER, &s->steps, 0, 1e12, "stop it after this many steps; 0: never"},
	    {"images", OPTION_INTEGER, &s->images, 0, 1e9, "use only the first ones of each file; 0: all"},
	    {"sigma", OPTION_NUMBER, &s->sigma, 1e-6, 1e3, "dsm: standard deviation of the noise, pixels in [-1, 1]"},
	    {"penalty", OPTION_NUMBER, &s->penalty, 0, 1e9, "gan: weight of the gradient penalty"},
	    {"lr", OPTION_NUMBER, &s->rate, 1e-12, 1e3, "learning rate"},
	    {"batch", OPTION_INTEGER, &s->batch, 1, 65536, "images of a mini-batch"},
	    {"seed", OPTION_INTEGER, &s->seed, 0, 1e15, "of split, nets and training"},
	    {"threads", OPTION_INTEGER, &s->threads, 1, 256, "threads at most"},
	};
	int rest = program_options(argc, argv, "[--data DIR] --out DIR [options]",
	                           "Learns all digits but one, and scores how well an energy finds that one.", options,
	                           sizeof options / sizeof options[0]);
	if (rest != argc || !s->out) program_misuse(argv, rest != argc ? "unexpected argument" : "--out DIR is missing");
	if (strcmp(s->model, "dsm") != 0 && strcmp(s->model, "gan") != 0)
		program_misuse(argv, "--model: expected dsm or gan");
	if (s->minutes == 0 && s->steps == 0) program_misuse(argv, "one of --minutes and --steps has to be above 0");
	if (!s->data && s->digit > 4) program_misuse(argv, "--digit: without --data there are 0 to 4");
}

typedef struct job {
	const settings *settings;
	egm_context *context;
	labelled_images images;
	int64_t height, width, columns;

	/* Rows of the test: first the normal ones, then the anomalies, of which the first n_natural are "natural". */
	float *train, *test;
	int64_t n_train, n_normal, n_anomalies, n_natural;

	egm_model *net, *energy; /* as trained, and the one that scores: averaged */
	egm_loss *loss;
	egm_trainer *trainer;
	egm_data *data;
	gan gan;
	progress progress;
	double seconds;

	double *scores[SCORES]; /* [n_normal + n_anomalies] */
	egm_ranking found[PROTOCOLS][SCORES];
} job;

/* ---- the split */

/* A random order (Fisher and Yates) from a linear congruential generator (Knuth's MMIX), whose high bits are enough for
 * this. */
static void shuffle(int64_t *order, int64_t n, uint64_t state)
{
	for (int64_t i = n - 1; i > 0; i--) {
		state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		int64_t k = (int64_t)((state >> 33) % (uint64_t)(i + 1)), swapped = order[i];
		order[i] = order[k];
		order[k] = swapped;
	}
}

static void copy_rows(float *to, const job *j, const int64_t *rows, int64_t n)
{
	for (int64_t i = 0; i < n; i++)
		memcpy(to + i * j->columns, j->images.pixels + rows[i] * j->columns, (size_t)j->columns * sizeof *to);
}

/* Frees the images, which are then in `train` and `test`. */
static void split(job *j)
{
	int64_t *normal = program_alloc((size_t)j->images.count, 2 * sizeof *normal), *odd = normal + j->images.count,
	        n = 0;
	for (int64_t i = 0; i < j->images.count; i++)
		if (j->images.labels[i] == j->settings->digit)
			odd[j->n_anomalies++] = i;
		else
			normal[n++] = i;
	shuffle(normal, n, (uint64_t)j->settings->seed);
	shuffle(odd, j->n_anomalies, (uint64_t)j->settings->seed + 1);
	j->n_train = n * 4 / 5;
	j->n_normal = n - j->n_train;
	j->n_natural = (j->n_anomalies + 4) / 5;
	if (j->n_train == 0 || j->n_anomalies == 0) {
		fprintf(stderr, "%lld normal images and %lld of digit %lld are too few\n", (long long)n,
		        (long long)j->n_anomalies, (long long)j->settings->digit);
		exit(EXIT_FAILURE);
	}
	size_t row = (size_t)j->columns * sizeof(float);
	j->train = program_alloc((size_t)j->n_train, row);
	j->test = program_alloc((size_t)(j->n_normal + j->n_anomalies), row);
	copy_rows(j->train, j, normal, j->n_train);
	copy_rows(j->test, j, normal + j->n_train, j->n_normal);
	copy_rows(j->test + j->n_normal * j->columns, j, odd, j->n_anomalies);
	free(normal);
	labelled_images_free(&j->images);
}

/* ---- the energy */

static egm_status make_dsm(job *j, const egm_trainer_options *training)
{
	egm_dsm_options options = EGM_DSM_OPTIONS_INIT;
	options.sigma = j->settings->sigma;
	TRY(egm_model_create(&j->net, j->context, "energy", j->columns));
	egm_model_dense(j->net, 1024);
	egm_model_silu(j->net);
	egm_model_dense(j->net, 512);
	egm_model_silu(j->net);
	egm_model_dense(j->net, 1);
	TRY(egm_model_build(j->net, EGM_F32, training->seed));
	TRY(egm_loss_dsm(&j->loss, j->net, &options));
	return egm_trainer_create(&j->trainer, j->loss, training);
}

static egm_status make_gan(job *j, const egm_trainer_options *training)
{
	gan_settings setup;
	TRY(gan_settings_init(&setup));
	setup.columns = j->columns;
	setup.latent = 128;
	setup.energy_hidden[0] = setup.generator_hidden[1] = 1024;
	setup.energy_hidden[1] = setup.generator_hidden[0] = 512;
	setup.generator_tanh = 1;
	setup.loss.energy_steps = 1;
	setup.loss.penalty = j->settings->penalty;
	setup.loss.entropy_weight = 0.1;
	setup.training = *training;
	return gan_create(&j->gan, j->context, &setup, NULL);
}

static egm_status train(job *j)
{
	const settings *s = j->settings;
	egm_trainer_options training = EGM_TRAINER_OPTIONS_INIT;
	TRY(egm_data_copy(&j->data, j->context, egm_f32(j->train, j->n_train, j->columns)));
	training.seed = (uint64_t)s->seed;
	training.batch = s->batch < j->n_train ? s->batch : j->n_train;
	training.learning_rate = s->rate;
	training.average_decay = 0.999;
	int is_gan = strcmp(s->model, "gan") == 0;
	TRY(is_gan ? make_gan(j, &training) : make_dsm(j, &training));
	egm_trainer *trainer = is_gan ? j->gan.trainer : j->trainer;
	progress_start(&j->progress, is_gan ? j->gan.loss : j->loss, 0, s->steps, s->minutes);
	egm_status status =
	    egm_trainer_fit(trainer, j->data, s->steps > 0 ? s->steps : INT32_MAX, progress_step, &j->progress);
	progress_clear();
	j->seconds = progress_seconds(&j->progress);
	if (status != EGM_OK && status != EGM_ERR_STOPPED) return status;
	return egm_trainer_average(&j->energy, trainer, is_gan ? j->gan.energy : j->net);
}

/* ---- scores */

static egm_status score_by_energy(job *j, int64_t rows)
{
	enum { BATCH = 1000 };
	float u[BATCH], *gradients = program_alloc(BATCH, (size_t)j->columns * sizeof *gradients);
	egm_status status = EGM_OK;
	for (int64_t i = 0; i < rows && status == EGM_OK; i += BATCH) {
		int64_t n = rows - i < BATCH ? rows - i : BATCH;
		status = egm_model_energy_gradient(j->energy, egm_f32(j->test + i * j->columns, n, j->columns),
		                                   egm_f32_out(u, n, 1), egm_f32_out(gradients, n, j->columns));
		for (int64_t r = 0; r < n && status == EGM_OK; r++) {
			double square = 0;
			for (int64_t k = 0; k < j->columns; k++)
				square += (double)gradients[r * j->columns + k] * gradients[r * j->columns + k];
			j->scores[0][i + r] = u[r];
			j->scores[1][i + r] = sqrt(square);
		}
	}
	free(gradients);
	return status;
}

static egm_status score(job *j)
{
	int64_t rows = j->n_normal + j->n_anomalies, fitted = j->n_train < 20000 ? j->n_train : 20000;
	for (int i = 0; i < SCORES; i++) j->scores[i] = program_alloc((size_t)rows, sizeof *j->scores[i]);
	TRY(score_by_energy(j, rows));
	fprintf(stderr, "baselines: a Gaussian of %lld images, the nearest of %lld\n", (long long)fitted,
	        (long long)j->n_train);
	if (baseline_gaussian(j->train, fitted, j->test, rows, j->columns, j->scores[2]) < 0)
		for (int64_t i = 0; i < rows; i++) j->scores[2][i] = NAN;
	return baseline_neighbour(j->context, j->train, j->n_train, j->test, rows, j->columns, j->scores[3]);
}

/* A score that could not be computed has no figures: they stay NaN. */
static egm_status rank_all(job *j)
{
	int64_t rows = j->n_normal + j->n_anomalies;
	unsigned char *odd = program_alloc((size_t)rows, 1);
	egm_status status = EGM_OK;
	for (int64_t i = j->n_normal; i < rows; i++) odd[i] = 1;
	for (int p = 0; p < PROTOCOLS; p++) {
		int64_t count = p == 0 ? rows : j->n_normal + j->n_natural;
		for (int i = 0; i < SCORES && status == EGM_OK; i++) {
			j->found[p][i] = (egm_ranking)EGM_RANKING_INIT;
			if (isnan(j->scores[i][0])) continue;
			status = egm_metric_ranking(j->context, egm_f64(j->scores[i], count, 1), odd, 0, &j->found[p][i]);
		}
	}
	free(odd);
	return status;
}

/* ---- results */

/* Rows of images: the normal ones of highest energy, then the anomalies of lowest: where the score is wrong. */
static int draw_errors(const job *j, const char *path)
{
	size_t row = (size_t)j->columns * sizeof(float);
	float *sheet = program_alloc(2 * SHEET, row);
	char *taken = program_alloc((size_t)(j->n_normal + j->n_anomalies), 1);
	for (int i = 0; i < 2 * SHEET; i++) {
		int odd = i >= SHEET;
		int64_t from = odd ? j->n_normal : 0, to = odd ? j->n_normal + j->n_anomalies : j->n_normal, best = -1;
		for (int64_t k = from; k < to; k++)
			if (!taken[k] &&
			    (best < 0 || (odd ? j->scores[0][k] < j->scores[0][best] : j->scores[0][k] > j->scores[0][best])))
				best = k;
		if (best < 0) continue;
		taken[best] = 1;
		memcpy(sheet + i * j->columns, j->test + best * j->columns, row);
	}
	int result = picture_images(path, sheet, 2, SHEET, (size_t)j->height, (size_t)j->width, 1);
	free(sheet);
	free(taken);
	return result;
}

static int draw(const job *j)
{
	char path[PROGRAM_PATH], title[96];
	const char *out = j->settings->out;
	for (int i = 0; i < 2; i++) {
		const picture_values sets[2] = {{"normal", j->scores[i], (size_t)j->n_normal},
		                                {"anomaly", j->scores[i] + j->n_normal, (size_t)j->n_anomalies}};
		snprintf(title, sizeof title, "Digit %lld left out (%s): AUROC %.3f, AUPRC %.3f at prevalence %.3f",
		         (long long)j->settings->digit, j->settings->model, j->found[0][i].auroc,
		         j->found[0][i].average_precision, j->found[0][i].prevalence);
		if (picture_histograms(program_path(path, out, i ? "gradient_norms.png" : "energies.png"), title,
		                       i ? "norm of the energy's gradient" : "energy (low = likely)", sets) != 0)
			return -1;
	}
	if (draw_errors(j, program_path(path, out, "errors.png")) != 0) return -1;
	return progress_draw(&j->progress, program_path(path, out, "losses.png"));
}

static void print_table(const job *j)
{
	printf("%-20s", "");
	for (int p = 0; p < PROTOCOLS; p++)
		printf("  %s: %lld + %lld anomalies, %.3f", protocol_names[p], (long long)j->n_normal,
		       (long long)(p == 0 ? j->n_anomalies : j->n_natural), j->found[p][0].prevalence);
	printf("\n%-20s  AUROC  AUPRC (all)  AUROC  AUPRC (natural)\n", "score");
	for (int i = 0; i < SCORES; i++)
		printf("%-20s  %.3f  %.3f        %.3f  %.3f\n", score_names[i], j->found[0][i].auroc,
		       j->found[0][i].average_precision, j->found[1][i].auroc, j->found[1][i].average_precision);
}

static void report(const job *j)
{
	const settings *s = j->settings;
	printf("{\"digit\": %lld, \"model\": \"%s\", \"train\": %lld, \"steps\": %lld, \"seconds\": %.1f",
	       (long long)s->digit, s->model, (long long)j->n_train,
	       (long long)egm_trainer_steps(j->trainer ? j->trainer : j->gan.trainer), j->seconds);
	for (int p = 0; p < PROTOCOLS; p++) {
		printf(", \"%s\": {\"prevalence\": ", protocol_names[p]);
		program_json_number(j->found[p][0].prevalence);
		for (int i = 0; i < SCORES; i++) {
			printf(", \"%s\": {\"auroc\": ", score_names[i]);
			program_json_number(j->found[p][i].auroc);
			printf(", \"auprc\": ");
			program_json_number(j->found[p][i].average_precision);
			printf("}");
		}
		printf("}");
	}
	printf("}\n");
}

static egm_status run(job *j)
{
	TRY(program_context(&j->context, j->settings->threads));
	if (j->settings->data)
		TRY(labelled_images_load(&j->images, j->context, j->settings->data, j->settings->images));
	else
		labelled_images_draw(&j->images, j->settings->images > 0 ? j->settings->images : DRAWN);
	j->height = j->images.height;
	j->width = j->images.width;
	j->columns = j->height * j->width;
	split(j);
	TRY(train(j));
	TRY(score(j));
	return rank_all(j);
}

int main(int argc, char **argv)
{
	settings s = {.model = "dsm",
	              .digit = 0,
	              .minutes = 3,
	              .seed = 1,
	              .threads = 1,
	              .batch = 128,
	              .rate = 5e-4,
	              .sigma = 1,
	              .penalty = 100};
	job j = {.settings = &s};
	read_settings(&s, argc, argv);
	if (program_folder(s.out) != 0) return EXIT_FAILURE;
	int failed = run(&j) != EGM_OK;
	if (failed) {
		progress_clear();
		fprintf(stderr, "%s\n", egm_last_error());
	}
	failed = failed || draw(&j) != 0;
	if (!failed) {
		print_table(&j);
		report(&j);
	}
	progress_free(&j.progress);
	egm_model_free(j.energy);
	egm_trainer_free(j.trainer);
	egm_loss_free(j.loss);
	egm_model_free(j.net);
	gan_free(&j.gan);
	egm_data_free(j.data);
	egm_context_free(j.context);
	labelled_images_free(&j.images);
	free(j.train);
	free(j.test);
	for (int i = 0; i < SCORES; i++) free(j.scores[i]);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
