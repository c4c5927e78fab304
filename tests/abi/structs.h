/* SPDX-License-Identifier: MIT */
/* Every public struct that can grow: how a program starts it, and a call that reads it or fills it. headers.sh fails if
 * one is missing here. egm_progress is the exception: only the library makes it. */
#ifndef EGM_TESTS_ABI_STRUCTS_H
#define EGM_TESTS_ABI_STRUCTS_H

#include "any_kernel.h"
#include "any_loss.h"
#include "support.h"
#include <egm.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { DATA = DATA_WIDTH };

static egm_context *context;
static egm_model *energy;
static egm_data *data;
static egm_trainer *trainer; /* of a loss that reads negatives */
static egm_target *target;   /* N(0, 1), cheap: log Z by default options takes a quarter of a million points */
static egm_sampler *sampler;
static char directory[] = "/tmp/egm-abi-XXXXXX";
static char csv_path[64], npy_path[64], model_path[64];
static const float four[4] = {0, 1, 3, 7}, other_four[4] = {0, 2, 3, 5};

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

static void write_files(void)
{
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(csv_path, sizeof csv_path, "%s/data.csv", directory);
	snprintf(npy_path, sizeof npy_path, "%s/data.npy", directory);
	snprintf(model_path, sizeof model_path, "%s/model.safetensors", directory);
	FILE *file = fopen(csv_path, "w");
	ck_assert_ptr_nonnull(file);
	fputs("1,2,3\n4,5,6\n", file);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(egm_array_save_npy(context, egm_f32(four, 4, 1), npy_path), EGM_OK);
	ck_assert_int_eq(egm_model_save(energy, model_path), EGM_OK);
}

static void setup(void)
{
	egm_loss *ml = NULL;
	ck_assert_int_eq(egm_context_create(&context, NULL), EGM_OK);
	energy = net("energy", DATA, 1);
	write_files();
	ck_assert_int_eq(egm_data_copy(&data, context, egm_f32(four, 4, 1)), EGM_OK);
	ck_assert_int_eq(egm_loss_ml(&ml, energy, NULL), EGM_OK);
	ck_assert_int_eq(egm_trainer_create(&trainer, ml, NULL), EGM_OK);
	egm_loss_free(ml);
	ck_assert_int_eq(egm_target_callback(&target, context, EGM_F32, 1, NULL, normal, NULL, NULL), EGM_OK);
	ck_assert_int_eq(egm_sampler_ula(&sampler, target, NULL), EGM_OK);
}

static void teardown(void)
{
	unlink(csv_path);
	unlink(npy_path);
	unlink(model_path);
	rmdir(directory);
	memcpy(directory + strlen(directory) - 6, "XXXXXX", 6);
	egm_sampler_free(sampler);
	egm_target_free(target);
	egm_trainer_free(trainer);
	egm_data_free(data);
	egm_model_free(energy);
	egm_context_free(context);
}

/* ---- options: MAKER(struct, handle, call that makes it) and CALL(struct, call) */

#define CALL(type, call)                                  \
	static egm_status use_##type(const egm_##type *given) \
	{                                                     \
		return call;                                      \
	}
#define MAKER(type, handle, call)                         \
	static egm_status use_##type(const egm_##type *given) \
	{                                                     \
		handle *made = NULL;                              \
		egm_status status = call;                         \
		handle##_free(made);                              \
		return status;                                    \
	}

MAKER(context_options, egm_context, egm_context_create(&made, given))
MAKER(data_options, egm_data, egm_data_load_npy(&made, context, npy_path, given))
MAKER(csv_options, egm_data, egm_data_load_csv(&made, context, csv_path, given))
MAKER(load_options, egm_model, egm_model_load(&made, context, model_path, given))
CALL(restore_options, egm_model_restore(energy, model_path, given))
MAKER(target_options, egm_target, egm_target_model(&made, energy, given))
CALL(negatives_options, egm_trainer_set_negatives(trainer, NULL, given))

static egm_status use_trainer_options(const egm_trainer_options *given)
{
	egm_loss *dsm = NULL;
	egm_trainer *made = NULL;
	ck_assert_int_eq(egm_loss_dsm(&dsm, energy, NULL), EGM_OK);
	egm_status status = egm_trainer_create(&made, dsm, given);
	egm_trainer_free(made);
	egm_loss_free(dsm);
	return status;
}

static egm_status use_ais_options(const egm_ais_options *given)
{
	egm_ais_result result = EGM_AIS_RESULT_INIT;
	return egm_target_ais(target, given, &result, egm_no_out(), NULL, NULL);
}

static egm_status use_mixture_options(const egm_mixture_options *given)
{
	egm_mixture *made = NULL;
	egm_status status = egm_mixture_fit(&made, context, egm_f32(four, 4, 1), egm_no_array(), given, NULL, NULL, NULL);
	egm_mixture_free(made);
	return status;
}

static egm_status use_mmd_options(const egm_mmd_options *given)
{
	double out;
	return egm_metric_mmd(context, egm_f32(four, 4, 1), egm_f32(other_four, 4, 1), given, &out, NULL, NULL);
}

static egm_status use_sliced_options(const egm_sliced_options *given)
{
	double out;
	return egm_metric_sliced(context, egm_f32(four, 4, 1), egm_f32(other_four, 4, 1), given, &out, NULL, NULL);
}

static const double centers[2] = {0, 3};

static egm_status use_mode_coverage_options(const egm_mode_coverage_options *given)
{
	egm_mode_coverage coverage = EGM_MODE_COVERAGE_INIT;
	return egm_metric_mode_coverage(context, egm_f32(four, 4, 1), egm_f64(centers, 2, 1), 0.5, given, &coverage);
}

/* ---- options of losses and kernels, which any_loss.h and any_kernel.h list */

static egm_status use_loss(const char *name, int64_t count, const int64_t (*width)[2],
                           egm_status (*create)(egm_loss **out, egm_model **n, egm_array masses, const void *given),
                           const void *given)
{
	egm_model *n[MOST_NETS] = {NULL};
	egm_loss *made = NULL;
	for (int64_t i = 0; i < count; i++) n[i] = net(name, width[i][0], width[i][1]);
	egm_status status = create(&made, n, egm_f64(centers, 2, 1), given);
	egm_loss_free(made);
	for (int64_t i = 0; i < count; i++) egm_model_free(n[i]);
	return status;
}

#define DEFINE_LOSS(kind, KIND, variants, arguments, ...)                                               \
	static egm_status create_##kind(egm_loss **out, egm_model **n, egm_array masses, const void *given) \
	{                                                                                                   \
		return egm_loss_##kind(out, LOSSES_ARGUMENTS arguments, given);                                 \
	}                                                                                                   \
	static egm_status use_##kind##_options(const egm_##kind##_options *given)                           \
	{                                                                                                   \
		static const int64_t width[][2] = {__VA_ARGS__};                                                \
		return use_loss(#kind, sizeof width / sizeof width[0], width, create_##kind, given);            \
	}
LOSSES(DEFINE_LOSS, LOSSES_NONE)

#define DEFINE_KERNEL(NAME, name, adapts) MAKER(name##_options, egm_sampler, egm_sampler_##name(&made, target, given))
ANY_KERNELS(DEFINE_KERNEL)

/* ---- results, which are options the other way round: what the caller's struct has room for is written */

#define RESULT(type, call)                          \
	static egm_status use_##type(egm_##type *given) \
	{                                               \
		return call;                                \
	}

RESULT(sampler_statistics, egm_sampler_stats(sampler, -1, given))
RESULT(negatives_statistics, egm_trainer_negatives_stats(trainer, given))
RESULT(option, egm_options_describe("egm_gan_options", 0, given))
RESULT(column, egm_data_column(data, 0, given))
RESULT(mode_coverage, egm_metric_mode_coverage(context, egm_f32(four, 4, 1), egm_f64(centers, 2, 1), 0.5, NULL, given))

static egm_status use_ais_result(egm_ais_result *given)
{
	egm_ais_options ais = EGM_AIS_OPTIONS_INIT;
	ais.particles = 2;
	ais.levels = 1;
	return egm_target_ais(target, &ais, given, egm_no_out(), NULL, NULL);
}

static egm_status use_diagnosis(egm_diagnosis *given)
{
	egm_diagnostics *made = NULL;
	ck_assert_int_eq(egm_diagnostics_create(&made, context, 1, 1, 0), EGM_OK);
	ck_assert_int_eq(egm_diagnostics_add(made, egm_f32(four, 4, 1)), EGM_OK);
	egm_status status = egm_diagnostics_compute(made, 0, -1, given);
	egm_diagnostics_free(made);
	return status;
}

static egm_status use_mixture_result(egm_mixture_result *given)
{
	egm_mixture *made = NULL;
	/* NULL is allowed, there is then no result */
	egm_status status =
	    given ? egm_mixture_fit(&made, context, egm_f32(four, 4, 1), egm_no_array(), NULL, given, NULL, NULL)
	          : EGM_ERR_ARGUMENT;
	egm_mixture_free(made);
	return status;
}

static egm_status use_ranking(egm_ranking *given)
{
	static const uint8_t positive[4] = {0, 1, 0, 1};
	return egm_metric_ranking(context, egm_f32(four, 4, 1), positive, 0, given);
}

/* ---- the table */

#define OPTIONS(X)                          \
	X(context_options, CONTEXT_OPTIONS)     \
	X(data_options, DATA_OPTIONS)           \
	X(csv_options, CSV_OPTIONS)             \
	X(load_options, LOAD_OPTIONS)           \
	X(restore_options, RESTORE_OPTIONS)     \
	X(target_options, TARGET_OPTIONS)       \
	X(ais_options, AIS_OPTIONS)             \
	X(trainer_options, TRAINER_OPTIONS)     \
	X(negatives_options, NEGATIVES_OPTIONS) \
	X(mixture_options, MIXTURE_OPTIONS)     \
	X(mmd_options, MMD_OPTIONS)             \
	X(sliced_options, SLICED_OPTIONS)       \
	X(mode_coverage_options, MODE_COVERAGE_OPTIONS)

#define RESULTS(X)                                \
	X(sampler_statistics, SAMPLER_STATISTICS)     \
	X(negatives_statistics, NEGATIVES_STATISTICS) \
	X(option, OPTION)                             \
	X(column, COLUMN)                             \
	X(mode_coverage, MODE_COVERAGE)               \
	X(ais_result, AIS_RESULT)                     \
	X(diagnosis, DIAGNOSIS)                       \
	X(mixture_result, MIXTURE_RESULT)             \
	X(ranking, RANKING)

/* What the call says about a struct at this address; it only writes to a result. */
#define DEFINE_KIND(type, TYPE)                               \
	static const egm_##type type##_start = EGM_##TYPE##_INIT; \
	static egm_status call_##type(void *given)                \
	{                                                         \
		return use_##type(given);                             \
	}
#define DEFINE_LOSS_KIND(kind, KIND, ...) DEFINE_KIND(kind##_options, KIND##_OPTIONS)
#define DEFINE_KERNEL_KIND(NAME, name, adapts) DEFINE_KIND(name##_options, NAME##_OPTIONS)
OPTIONS(DEFINE_KIND)
LOSSES(DEFINE_LOSS_KIND, LOSSES_NONE)
ANY_KERNELS(DEFINE_KERNEL_KIND)
RESULTS(DEFINE_KIND)

typedef struct kind {
	const char *name;
	size_t size;
	const void *start;
	egm_status (*call)(void *given);
	int optional; /* NULL means the defaults */
} kind;

#define ROW(type, optional) {"egm_" #type, sizeof(egm_##type), &type##_start, call_##type, optional},
#define OPTIONS_ROW(type, TYPE) ROW(type, 1)
#define LOSS_ROW(kind, KIND, ...) ROW(kind##_options, 1)
#define KERNEL_ROW(NAME, name, adapts) ROW(name##_options, 1)
#define RESULT_ROW(type, TYPE) ROW(type, 0)
static const kind kinds[] = {OPTIONS(OPTIONS_ROW) LOSSES(LOSS_ROW, LOSSES_NONE) ANY_KERNELS(KERNEL_ROW)
                                 RESULTS(RESULT_ROW)};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

#endif
