/* SPDX-License-Identifier: MIT */
/* Writes the golden files of the release that it is compiled against; README.md says how.
 * usage: write_golden FOLDER >> files.txt */
#include "scenes.h"

static FILE *text;

static void write_note(golden_notes *notes, const char *label, const double *values, size_t n)
{
	(void)notes;
	fprintf(text, "%s %zu", label, n);
	for (size_t i = 0; i < n; i++) fprintf(text, " %.17g", values[i]);
	fprintf(text, "\n");
}

static golden_notes notes = {write_note, NULL};
static char path[512];

static void begin(const char *folder, const char *kind, const char *name)
{
	snprintf(path, sizeof path, "%s/%s.txt", folder, name);
	text = fopen(path, "w");
	if (!text) {
		perror(path);
		exit(1);
	}
	snprintf(path, sizeof path, "%s/%s.safetensors", folder, name);
	printf("%s %s %d.%d\n", kind, name, EGM_VERSION_MAJOR, EGM_VERSION_MINOR);
}

static egm_status write_net(const golden_net *n, egm_context *context)
{
	egm_model *m;
	GOLDEN_TRY(egm_model_create(&m, context, n->name, n->inputs));
	GOLDEN_TRY(n->layers(m));
	GOLDEN_TRY(egm_model_build(m, n->dtype, 3));
	GOLDEN_TRY(golden_stir(m));
	GOLDEN_TRY(egm_model_save(m, path));
	GOLDEN_TRY(golden_observe_net(&notes, "net", m));
	egm_model_free(m);
	return EGM_OK;
}

static egm_status write_training(const golden_training *t, egm_context *context)
{
	golden_run r;
	GOLDEN_TRY(golden_run_create(&r, t, context));
	GOLDEN_TRY(egm_trainer_fit(r.trainer, r.data, 12, NULL, NULL));
	GOLDEN_TRY(egm_trainer_save(r.trainer, path));
	GOLDEN_TRY(golden_observe_run(&notes, &r, t, 1));
	golden_run_clear(&r);
	return EGM_OK;
}

#if GOLDEN_HAS(2)
static egm_status write_sampler(const golden_chains *c, egm_context *context)
{
	egm_sampler *s;
	double draws[20 * GOLDEN_CHAINS * GOLDEN_DIMS], energies[20 * GOLDEN_CHAINS];
	GOLDEN_TRY(golden_sampler_create(&s, c, context));
	if (c->warmup) GOLDEN_TRY(egm_sampler_warmup(s, c->warmup));
	GOLDEN_TRY(egm_sampler_run(s, 20, 1, draws, energies));
	GOLDEN_TRY(egm_sampler_save(s, path));
	GOLDEN_TRY(golden_observe_sampler(&notes, s, c, 1));
	egm_sampler_free(s);
	return EGM_OK;
}
#endif

static egm_status write_all(const char *folder, egm_context *context)
{
	for (int i = 0; i < GOLDEN_NET_COUNT; i++) {
		begin(folder, "model", golden_nets[i].name);
		GOLDEN_TRY(write_net(&golden_nets[i], context));
		fclose(text);
	}
	for (int i = 0; i < GOLDEN_TRAINING_COUNT; i++) {
		begin(folder, "checkpoint", golden_trainings[i].name);
		GOLDEN_TRY(write_training(&golden_trainings[i], context));
		fclose(text);
	}
#if GOLDEN_HAS(2)
	for (int i = 0; i < GOLDEN_SAMPLER_COUNT; i++) {
		begin(folder, "sampler", golden_samplers[i].name);
		GOLDEN_TRY(write_sampler(&golden_samplers[i], context));
		fclose(text);
	}
#endif
	return EGM_OK;
}

int main(int argc, char **argv)
{
	egm_context *context;
	if (argc != 2 || egm_context_create(&context, NULL) != EGM_OK) return 2;
	egm_status st = write_all(argv[1], context);
	egm_context_free(context);
	return st != EGM_OK;
}
