/* SPDX-License-Identifier: MIT */
/* The same for release 0.3. */
#ifndef EGM_TESTS_ABI_OPTION_KINDS_0_3_H
#define EGM_TESTS_ABI_OPTION_KINDS_0_3_H

#include "option_kinds.h"
#include "release_0_3.h"

/* ---- losses. egm_histogram_options is not among them: it has members without defaults. */

#define LOSS(kind, n_nets, ...)                                                       \
	INIT(kind)                                                                        \
	static egm_status make_##kind(const void *options)                                \
	{                                                                                 \
		static const int64_t width[n_nets][2] = {__VA_ARGS__};                        \
		egm_model *n[4] = {NULL};                                                     \
		egm_loss *made = NULL;                                                        \
		for (int i = 0; i < n_nets; i++) n[i] = net(#kind, width[i][0], width[i][1]); \
		egm_status status = CREATE_##n_nets(kind);                                    \
		egm_loss_free(made);                                                          \
		for (int i = 0; i < n_nets; i++) egm_model_free(n[i]);                        \
		return status;                                                                \
	}
#define CREATE_1(kind) egm_##kind##_create(&made, n[0], options)
#define CREATE_2(kind) egm_##kind##_create(&made, n[0], n[1], options)
#define CREATE_3(kind) egm_##kind##_create(&made, n[0], n[1], n[2], options)

/* clang-format off */
LOSS(ml, 1, {DATA, 1})
LOSS(gan, 2, {DATA, 1}, {LATENT, DATA})
LOSS(vae, 2, {DATA, 2 * LATENT}, {LATENT, DATA})
LOSS(aae, 3, {LATENT, 1}, {DATA, LATENT}, {LATENT, DATA})
LOSS(ali, 3, {DATA + LATENT, 1}, {LATENT, DATA}, {DATA, LATENT})
LOSS(wgan, 2, {DATA, 1}, {LATENT, DATA})
LOSS(ls_gan, 2, {DATA, 1}, {LATENT, DATA})
LOSS(dae, 1, {DATA, DATA})
LOSS(dde, 3, {DATA, 1}, {DATA, 1}, {LATENT, DATA})
LOSS(annealed_dsm, 1, {DATA, 1})
LOSS(score_matching, 1, {DATA, 1})
/* clang-format on */

/* ---- what else has options */

INIT(negatives)
INIT(mixture)
INIT(mmd)
INIT(sliced)
INIT(mode)
RESULT_INIT(mixture_result)
RESULT_INIT(mode_coverage)
RESULT_INIT(ranking)

static const float four[4] = {0, 1, 3, 7}, other_four[4] = {0, 2, 3, 5};

static egm_status set_negatives(const void *options)
{
	egm_loss *ml = NULL;
	egm_trainer *trainer = NULL;
	ck_assert_int_eq(egm_ml_create(&ml, energy, NULL), EGM_OK);
	ck_assert_int_eq(egm_trainer_create(&trainer, ml, NULL), EGM_OK);
	egm_status status = egm_trainer_set_negatives(trainer, NULL, options, NULL);
	egm_trainer_free(trainer);
	egm_loss_free(ml);
	return status;
}

static egm_status fit_mixture(const void *options)
{
	egm_mixture *made = NULL;
	egm_status status = egm_mixture_fit(&made, context, EGM_F32, four, 4, 1, options, NULL);
	egm_mixture_free(made);
	return status;
}

static egm_status get_mixture_result(const void *options)
{
	egm_mixture *made = NULL;
	union {
		const void *read;
		egm_mixture_result *write;
	} result = {options};
	/* without a result there is none to refuse: NULL is allowed, and not one of these cases */
	if (!options) return EGM_ERR_ARGUMENT;
	egm_status status = egm_mixture_fit(&made, context, EGM_F32, four, 4, 1, NULL, result.write);
	egm_mixture_free(made);
	return status;
}

static egm_status compute_mmd(const void *options)
{
	double out;
	return egm_distance_mmd(context, EGM_F32, four, 4, other_four, 4, 1, options, &out);
}

static egm_status compute_sliced(const void *options)
{
	double out;
	return egm_distance_sliced(context, EGM_F32, four, 4, other_four, 4, 1, options, &out);
}

static egm_status compute_modes(const void *options)
{
	static const double centres[2] = {0, 3};
	egm_mode_coverage coverage;
	ck_assert_int_eq(egm_mode_coverage_init(&coverage, sizeof coverage), EGM_OK);
	return egm_mode_coverage_compute(context, EGM_F32, four, 4, 1, centres, 2, 0.5, options, &coverage);
}

static egm_status get_coverage(const void *options)
{
	static const double centres[2] = {0, 3};
	union {
		const void *read;
		egm_mode_coverage *write;
	} coverage = {options};
	return egm_mode_coverage_compute(context, EGM_F32, four, 4, 1, centres, 2, 0.5, NULL, coverage.write);
}

static egm_status get_ranking(const void *options)
{
	static const uint8_t positive[4] = {0, 1, 0, 1};
	union {
		const void *read;
		egm_ranking *write;
	} ranking = {options};
	return egm_ranking_compute(context, EGM_F32, four, positive, 4, 0, ranking.write);
}

#endif
