/* SPDX-License-Identifier: MIT */
/* What the option structs of releases 0.1 and 0.2 are for: for each a function that makes it and frees it. */
#ifndef EGM_TESTS_ABI_OPTION_KINDS_H
#define EGM_TESTS_ABI_OPTION_KINDS_H

#include "release_0_1.h"
#include "release_0_2.h"
#include "support.h"
#include <egm.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ROOM = 1024, DATA = 3, LATENT = 2 };

typedef struct kind {
	const char *name;
	size_t size, first; /* now, and in the release that brought it */
	egm_status (*init)(void *options, size_t size);
	egm_status (*create)(const void *options); /* makes what the options are for, and frees it */
	int optional;                              /* NULL is taken for the defaults */
} kind;

static egm_context *context;
static egm_model *energy, *generator, *statistics;
static egm_loss *loss;
static egm_target *target; /* N(0, 1), cheap: log Z by default options takes a quarter of a million points */
static char directory[] = "/tmp/egm-abi-XXXXXX";
static char csv_path[64], model_path[64];

static int normal(int64_t rows, const void *x, void *energies, void *gradients, void *user)
{
	(void)user;
	for (int64_t i = 0; i < rows; i++) {
		float value = ((const float *)x)[i];
		((float *)energies)[i] = value * value / 2;
		((float *)gradients)[i] = value;
	}
	return 0;
}

static egm_model *net(const char *name, int64_t inputs, int64_t outputs)
{
	egm_model *model = NULL;
	ck_assert_int_eq(egm_model_create(&model, context, name, inputs), EGM_OK);
	egm_model_dense(model, outputs);
	ck_assert_int_eq(egm_model_build(model, EGM_F32, 1), EGM_OK);
	return model;
}

static void setup(void)
{
	ck_assert_int_eq(egm_context_create(&context, NULL), EGM_OK);
	energy = net("energy", DATA, 1);
	generator = net("generator", LATENT, DATA);
	statistics = net("statistics", DATA + LATENT, 1);
	ck_assert_int_eq(egm_dsm_create(&loss, energy, NULL), EGM_OK);
	ck_assert_int_eq(egm_target_callback(&target, context, EGM_F32, 1, normal, NULL, NULL), EGM_OK);
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(csv_path, sizeof csv_path, "%s/data.csv", directory);
	snprintf(model_path, sizeof model_path, "%s/model.safetensors", directory);
	FILE *file = fopen(csv_path, "w");
	ck_assert_ptr_nonnull(file);
	fputs("1,2,3\n4,5,6\n", file);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(egm_model_save(energy, model_path), EGM_OK);
}

static void teardown(void)
{
	unlink(csv_path);
	unlink(model_path);
	rmdir(directory);
	memcpy(directory + strlen(directory) - 6, "XXXXXX", 6);
	egm_target_free(target);
	egm_loss_free(loss);
	egm_model_free(statistics);
	egm_model_free(generator);
	egm_model_free(energy);
	egm_context_free(context);
}

static egm_status make_context(const void *options)
{
	egm_context *made = NULL;
	egm_status status = egm_context_create(&made, options);
	egm_context_free(made);
	return status;
}

static egm_status make_data(const void *options)
{
	egm_data *made = NULL;
	egm_status status = egm_data_load_csv(&made, context, csv_path, options);
	egm_data_free(made);
	return status;
}

static egm_status make_model(const void *options)
{
	egm_model *made = NULL;
	egm_status status = egm_model_load(&made, context, model_path, options);
	egm_model_free(made);
	return status;
}

static egm_status make_energy_gan(const void *options)
{
	egm_loss *made = NULL;
	egm_status status = egm_energy_gan_create(&made, energy, generator, statistics, options);
	egm_loss_free(made);
	return status;
}

static egm_status make_dsm(const void *options)
{
	egm_loss *made = NULL;
	egm_status status = egm_dsm_create(&made, energy, options);
	egm_loss_free(made);
	return status;
}

static egm_status make_trainer(const void *options)
{
	egm_trainer *made = NULL;
	egm_status status = egm_trainer_create(&made, loss, options);
	egm_trainer_free(made);
	return status;
}

static egm_status make_target(const void *options)
{
	egm_target *made = NULL;
	egm_status status = egm_target_model(&made, energy, options);
	egm_target_free(made);
	return status;
}

static egm_status make_sampler(const void *options)
{
	egm_sampler *made = NULL;
	egm_status status = egm_sampler_create(&made, target, options);
	egm_sampler_free(made);
	return status;
}

static egm_status run_ais(const void *options)
{
	egm_ais_result result;
	ck_assert_int_eq(egm_ais_result_init(&result, sizeof result), EGM_OK);
	return egm_ais_run(target, options, &result, NULL);
}

/* Results are options the other way round: what the caller's struct has room for is written. */
static egm_status get_result(const void *options)
{
	egm_ais_options ais;
	ck_assert_int_eq(egm_ais_options_init(&ais, sizeof ais), EGM_OK);
	ais.particles = 2;
	ais.levels = 1;
	union {
		const void *read;
		egm_ais_result *write;
	} result = {options};
	return egm_ais_run(target, &ais, result.write, NULL);
}

static egm_status get_statistics(const void *options)
{
	egm_sampler *made = NULL;
	union {
		const void *read;
		egm_sampler_statistics *write;
	} statistics_of = {options};
	ck_assert_int_eq(egm_sampler_create(&made, target, NULL), EGM_OK);
	egm_status status = egm_sampler_stats(made, -1, statistics_of.write);
	egm_sampler_free(made);
	return status;
}

static egm_status get_diagnosis(const void *options)
{
	static const float draws[8] = {0, 1, 2, 3, 4, 5, 6, 7};
	egm_diagnostics *made = NULL;
	union {
		const void *read;
		egm_diagnosis *write;
	} diagnosis = {options};
	ck_assert_int_eq(egm_diagnostics_create(&made, context, 1, 1, 0), EGM_OK);
	ck_assert_int_eq(egm_diagnostics_add(made, EGM_F32, draws, 8), EGM_OK);
	egm_status status = egm_diagnostics_compute(made, 0, -1, diagnosis.write);
	egm_diagnostics_free(made);
	return status;
}

#define INIT(name)                                            \
	static egm_status name##_init(void *options, size_t size) \
	{                                                         \
		return egm_##name##_options_init(options, size);      \
	}
INIT(context)
INIT(data)
INIT(load)
INIT(energy_gan)
INIT(dsm)
INIT(trainer)
INIT(target)
INIT(ais)

static egm_status sampler_init(void *options, size_t size)
{
	return egm_sampler_options_init(options, size, EGM_SAMPLER_NUTS);
}

#define RESULT_INIT(name)                                     \
	static egm_status name##_init(void *options, size_t size) \
	{                                                         \
		return egm_##name##_init(options, size);              \
	}
RESULT_INIT(ais_result)
RESULT_INIT(sampler_statistics)
RESULT_INIT(diagnosis)

#define KIND(name, type, release, make)                                     \
	{                                                                       \
#name, sizeof(type), sizeof(type##_##release), name##_init, make, 1 \
	}
#define RESULT(name, type, release, make)                                   \
	{                                                                       \
#name, sizeof(type), sizeof(type##_##release), name##_init, make, 0 \
	}
#endif
