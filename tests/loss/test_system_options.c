/* SPDX-License-Identifier: MIT */
/* Options of the systems: which are rejected with which message, alone and together. */
#include "systems.h"
#include <core/options_impl.h>
#include <float.h>
#include <stddef.h>
#include <stdio.h>

static egm_context *context;
static egm_model *net[EGM__MAX_NETS];
static egm_loss *loss;

typedef egm_status creator(egm_loss **out, egm_model *const *n, const void *options);

static const double two_masses[] = {1, 2};
static egm_array masses; /* for the system that has no defaults for them */

#define CREATE(kind, KIND, variants, arguments, ...)                                    \
	extern const egm__options egm__options_##kind;                                      \
	static egm_status create_##kind(egm_loss **out, egm_model *const *n, const void *o) \
	{                                                                                   \
		return egm_loss_##kind(out, LOSSES_ARGUMENTS arguments, o);                     \
	}
LOSSES(CREATE, LOSSES_NONE)

#define NUMBER(kind, KIND, ...) KIND,
enum { LOSSES(NUMBER, LOSSES_NONE) KINDS };

#define NUMBER_IN_TABLE(kind, ...) SYSTEM_##kind,
enum { LOSSES(NUMBER_IN_TABLE, NUMBER_IN_TABLE) };

#define KIND_ROW(kind, KIND, ...) {create_##kind, #kind, &egm__options_##kind, SYSTEM_##kind},
static const struct kind {
	creator *create;
	const char *name;
	const egm__options *table;
	int system; /* index into `systems` of its networks */
} kinds[KINDS] = {LOSSES(KIND_ROW, LOSSES_NONE)};

/* Options of any system. */
static union any_options {
	egm_histogram_options histogram;
	char bytes[256];
} options;

static void prepare_as(int kind, egm_dtype dtype)
{
	const egm__options *o = kinds[kind].table;
	build_nets(context, &systems[kinds[kind].system], egm_model_tanh, dtype, net);
	ck_assert_int_eq(egm__options_init(o->type, &options, o->size, o->defaults, o->size), EGM_OK);
	masses = egm_f64(two_masses, 2, 1);
}

static void prepare(int kind)
{
	prepare_as(kind, EGM_F64);
}

static void setup(void)
{
	context = new_context();
	loss = (void *)context; /* must become NULL on failure */
}

static void teardown(void)
{
	for (int i = 0; i < EGM__MAX_NETS; i++) {
		egm_model_free(net[i]);
		net[i] = NULL;
	}
	egm_context_free(context);
}

static void rejected(int kind, egm_status want, const char *text)
{
	ck_assert_int_eq(kinds[kind].create(&loss, net, &options), want);
	ck_assert_ptr_null(loss);
	char all[300];
	snprintf(all, sizeof all, "egm_loss_%s: %s", kinds[kind].name, text);
	ck_assert_str_eq(egm_last_error(), all);
	loss = (void *)context;
}

/* ---- one member out of its range */

static const struct bad_option {
	int kind;
	size_t offset;
	double value; /* of a double member, or of an int32_t one when `whole` */
	int whole;
	const char *text;
} bad_options[] = {
    {ML, offsetof(egm_ml_options, regularizer), -1, 0, "regularizer is -1, must be at least 0 and finite"},
    {ML, offsetof(egm_ml_options, regularizer), NAN, 0, "regularizer is nan, must be at least 0 and finite"},
    {ML, offsetof(egm_ml_options, regularizer), INFINITY, 0, "regularizer is inf, must be at least 0 and finite"},
    {GAN, offsetof(egm_gan_options, form), -1, 1, "form is -1, must be one of EGM_GAN_* (1 to 6)"},
    {GAN, offsetof(egm_gan_options, form), 7, 1, "form is 7, must be one of EGM_GAN_* (1 to 6)"},
    {GAN, offsetof(egm_gan_options, discriminator_steps), -1, 1, "discriminator_steps is -1, must be at least 1"},
    {GAN, offsetof(egm_gan_options, generator_steps), -1, 1, "generator_steps is -1, must be at least 1"},
    {GAN, offsetof(egm_gan_options, penalty_at), 5, 1, "penalty_at is 5, must be one of EGM_AT_* (1 to 4)"},
    {GAN, offsetof(egm_gan_options, penalty), -1, 0, "penalty is -1, must be at least 0 and finite"},
    {GAN, offsetof(egm_gan_options, smoothing), 1, 0, "smoothing is 1, must be in [0, 1)"},
    {GAN, offsetof(egm_gan_options, smoothing), -0.5, 0, "smoothing is -0.5, must be in [0, 1)"},
    {GAN, offsetof(egm_gan_options, step_penalty), NAN, 0, "step_penalty is nan, must be at least 0 and finite"},
    {VAE, offsetof(egm_vae_options, decoder), 4, 1, "decoder is 4, must be one of EGM_DECODER_* (1 to 3)"},
    {VAE, offsetof(egm_vae_options, reserved), 1, 1, "reserved is 1, must be 0"},
    {VAE, offsetof(egm_vae_options, sigma), -1, 0, "sigma is -1, must be above 0 and finite"},
    {VAE, offsetof(egm_vae_options, beta), -2, 0, "beta is -2, must be at least 0 and finite"},
    {AAE, offsetof(egm_aae_options, form), 9, 1, "form is 9, must be one of EGM_GAN_* (1 to 6)"},
    {AAE, offsetof(egm_aae_options, discriminator_steps), -3, 1, "discriminator_steps is -3, must be at least 1"},
    {AAE, offsetof(egm_aae_options, reconstruction), -1, 0, "reconstruction is -1, must be at least 0 and finite"},
    {AAE, offsetof(egm_aae_options, penalty), NAN, 0, "penalty is nan, must be at least 0 and finite"},
    {ALI, offsetof(egm_ali_options, form), 4, 1, "form is 4, must be one of EGM_ALI_* (1 to 3)"},
    {ALI, offsetof(egm_ali_options, discriminator_steps), -1, 1, "discriminator_steps is -1, must be at least 1"},
    {ALI, offsetof(egm_ali_options, generator_steps), -1, 1, "generator_steps is -1, must be at least 1"},
    {ALI, offsetof(egm_ali_options, encoder), -1, 1,
     "encoder is -1, must be EGM_CODER_POINT (1) or EGM_CODER_GAUSSIAN (2)"},
    {ALI, offsetof(egm_ali_options, generator), 3, 1,
     "generator is 3, must be EGM_CODER_POINT (1) or EGM_CODER_GAUSSIAN (2)"},
    {ALI, offsetof(egm_ali_options, full_terms), 2, 1, "full_terms is 2, must be 0 or 1"},
    {ALI, offsetof(egm_ali_options, penalty), -1, 0, "penalty is -1, must be at least 0 and finite"},
    {WGAN, offsetof(egm_wgan_options, penalty_kind), 7, 1, "penalty_kind is 7, must be one of EGM_PENALTY_* (1 to 6)"},
    {WGAN, offsetof(egm_wgan_options, penalty_at), -1, 1, "penalty_at is -1, must be one of EGM_AT_* (1 to 4)"},
    {WGAN, offsetof(egm_wgan_options, critic_steps), -1, 1, "critic_steps is -1, must be at least 1"},
    {WGAN, offsetof(egm_wgan_options, reserved), 1, 1, "reserved is 1, must be 0"},
    {WGAN, offsetof(egm_wgan_options, penalty), NAN, 0, "penalty is nan, must be at least 0 and finite"},
    {WGAN, offsetof(egm_wgan_options, clip), -0.01, 0, "clip is -0.01, must be at least 0 and finite"},
    {LS_GAN, offsetof(egm_ls_gan_options, margin_norm), 3, 1,
     "margin_norm is 3, must be EGM_MARGIN_L1 (1) or EGM_MARGIN_L2 (2)"},
    {LS_GAN, offsetof(egm_ls_gan_options, energy_steps), -1, 1, "energy_steps is -1, must be at least 1"},
    {LS_GAN, offsetof(egm_ls_gan_options, margin), -1, 0, "margin is -1, must be at least 0 and finite"},
    {LS_GAN, offsetof(egm_ls_gan_options, slope), 1.5, 0, "slope is 1.5, must be in [-1, 1]"},
    {LS_GAN, offsetof(egm_ls_gan_options, slope), NAN, 0, "slope is nan, must be in [-1, 1]"},
    {LS_GAN, offsetof(egm_ls_gan_options, penalty), -1, 0, "penalty is -1, must be at least 0 and finite"},
    {HISTOGRAM, offsetof(egm_histogram_options, divergence), 5, 1,
     "divergence is 5, must be one of EGM_DIVERGENCE_* (1 to 4)"},
    {HISTOGRAM, offsetof(egm_histogram_options, lower), -INFINITY, 0, "lower is -inf, must be finite"},
    {HISTOGRAM, offsetof(egm_histogram_options, upper), NAN, 0, "upper is nan, must be finite"},
    {HISTOGRAM, offsetof(egm_histogram_options, bandwidth), -1, 0, "bandwidth is -1, must be above 0 and finite"},
    {HISTOGRAM, offsetof(egm_histogram_options, floor), -1, 0, "floor is -1, must be in (0, 1)"},
    {HISTOGRAM, offsetof(egm_histogram_options, floor), 1, 0, "floor is 1, must be in (0, 1)"},
    {DAE, offsetof(egm_dae_options, sigma), -1, 0, "sigma is -1, must be above 0 and finite"},
    {DDE, offsetof(egm_dde_options, energy_steps), -1, 1, "energy_steps is -1, must be at least 1"},
    {DDE, offsetof(egm_dde_options, reserved), -1, 1, "reserved is -1, must be 0"},
    {DDE, offsetof(egm_dde_options, sigma), NAN, 0, "sigma is nan, must be above 0 and finite"},
    {ANNEALED_DSM, offsetof(egm_annealed_dsm_options, spacing), 3, 1,
     "spacing is 3, must be EGM_SPACING_LINEAR (1) or EGM_SPACING_GEOMETRIC (2)"},
    {ANNEALED_DSM, offsetof(egm_annealed_dsm_options, reserved), 1, 1, "reserved is 1, must be 0"},
    {ANNEALED_DSM, offsetof(egm_annealed_dsm_options, sigma0), -1, 0, "sigma0 is -1, must be above 0 and finite"},
    {ANNEALED_DSM, offsetof(egm_annealed_dsm_options, sigma_low), -1, 0, "sigma_low is -1, must be above 0 and finite"},
    {ANNEALED_DSM, offsetof(egm_annealed_dsm_options, sigma_high), INFINITY, 0,
     "sigma_high is inf, must be above 0 and finite"},
    {SCORE_MATCHING, offsetof(egm_score_matching_options, form), 3, 1,
     "form is 3, must be EGM_SCORE_EXPLICIT (1) or EGM_SCORE_SLICED (2)"},
    {SCORE_MATCHING, offsetof(egm_score_matching_options, projections), -1, 1, "projections is -1, must be in [1, 64]"},
    {SCORE_MATCHING, offsetof(egm_score_matching_options, projections), 65, 1, "projections is 65, must be in [1, 64]"},
    {CROSS_ENTROPY, offsetof(egm_cross_entropy_options, label_smoothing), 1, 0,
     "label_smoothing is 1, must be in [0, 1)"},
    {CROSS_ENTROPY, offsetof(egm_cross_entropy_options, label_smoothing), -0.1, 0,
     "label_smoothing is -0.1, must be in [0, 1)"},
    {CROSS_ENTROPY, offsetof(egm_cross_entropy_options, label_smoothing), NAN, 0,
     "label_smoothing is nan, must be in [0, 1)"},
};

START_TEST(test_options__out_of_range_is_rejected_by_name)
{
	const struct bad_option *b = &bad_options[_i];
	int32_t whole = b->whole ? (int32_t)b->value : 0;
	prepare(b->kind);
	ck_assert_int_eq(kinds[b->kind].create(&loss, net, &options), EGM_OK);
	egm_loss_free(loss);
	memcpy(options.bytes + b->offset, b->whole ? (const void *)&whole : &b->value,
	       b->whole ? sizeof whole : sizeof b->value);
	rejected(b->kind, EGM_ERR_ARGUMENT, b->text);
}
END_TEST

/* What a program leaves at 0 is the default, or off. */
START_TEST(test_options__zeros_are_accepted)
{
	prepare(_i);
	for (size_t i = sizeof(size_t); i < sizeof options; i++) options.bytes[i] = 0;
	if (_i == HISTOGRAM) options.histogram.upper = 1;
	ck_assert_msg(kinds[_i].create(&loss, net, &options) == EGM_OK, "%s", egm_last_error());
	egm_loss_free(loss);
}
END_TEST

/* ---- numbers of f64 that f32 has as 0 or infinity; what f64 itself flushes to 0 */

static const struct lost_number {
	int kind;
	egm_dtype dtype;
	size_t offset;
	double value;
	const char *text;
} lost_numbers[] = {
    {ML, EGM_F32, offsetof(egm_ml_options, regularizer), 1e300,
     "regularizer is 1e+300, which is infinite in f32; must be smaller in magnitude"},
    {GAN, EGM_F32, offsetof(egm_gan_options, penalty), 1e-50,
     "penalty is 1e-50, which is 0 in f32; must be larger in magnitude"},
    {WGAN, EGM_F32, offsetof(egm_wgan_options, clip), 1e-40,
     "clip is 1e-40, which is 0 in f32; must be larger in magnitude"},
    {WGAN, EGM_F64, offsetof(egm_wgan_options, penalty), 1e-310,
     "penalty is 1e-310, which is 0 in f64; must be larger in magnitude"},
    {DAE, EGM_F32, offsetof(egm_dae_options, sigma), 1e-50,
     "sigma is 1e-50, which is 0 in f32; must be larger in magnitude"},
    {DDE, EGM_F32, offsetof(egm_dde_options, sigma), 1e39,
     "sigma is 1e+39, which is infinite in f32; must be smaller in magnitude"},
    {VAE, EGM_F32, offsetof(egm_vae_options, sigma), 1e-25,
     "1/sigma^2 is 1e+50, which is infinite in f32; must be smaller in magnitude"},
    {VAE, EGM_F32, offsetof(egm_vae_options, sigma), 1e25,
     "1/sigma^2 is 1e-50, which is 0 in f32; must be larger in magnitude"},
    {ANNEALED_DSM, EGM_F32, offsetof(egm_annealed_dsm_options, sigma0), 1e-25,
     "1/sigma0^2 is 1e+50, which is infinite in f32; must be smaller in magnitude"},
    {ANNEALED_DSM, EGM_F64, offsetof(egm_annealed_dsm_options, sigma0), 1e-200,
     "1/sigma0^2 is inf, which is infinite in f64; must be smaller in magnitude"},
    {ANNEALED_DSM, EGM_F32, offsetof(egm_annealed_dsm_options, sigma_low), 1e-45,
     "sigma_low is 1e-45, which is 0 in f32; must be larger in magnitude"},
    {HISTOGRAM, EGM_F32, offsetof(egm_histogram_options, lower), -1e300,
     "lower is -1e+300, which is infinite in f32; must be smaller in magnitude"},
    {HISTOGRAM, EGM_F64, offsetof(egm_histogram_options, bandwidth), DBL_MAX,
     "1/bandwidth is 5.56268e-309, which is 0 in f64; must be larger in magnitude"},
    {CROSS_ENTROPY, EGM_F32, offsetof(egm_cross_entropy_options, label_smoothing), 1e-50,
     "label_smoothing is 1e-50, which is 0 in f32; must be larger in magnitude"},
};

START_TEST(test_options__numbers_that_the_dtype_does_not_hold_are_rejected)
{
	const struct lost_number *l = &lost_numbers[_i];
	prepare_as(l->kind, l->dtype);
	memcpy(options.bytes + l->offset, &l->value, sizeof l->value);
	rejected(l->kind, EGM_ERR_ARGUMENT, l->text);
}
END_TEST

START_TEST(test_options__a_level_that_the_dtype_does_not_hold_is_rejected)
{
	prepare_as(ANNEALED_DSM, EGM_F32);
	egm_annealed_dsm_options *o = (egm_annealed_dsm_options *)(void *)&options;
	o->sigma0 = 1e10, o->sigma_low = 1e-30, o->sigma_high = 1;
	rejected(ANNEALED_DSM, EGM_ERR_ARGUMENT,
	         "sigma0^2/sigma_low is 1e+50, which is infinite in f32; must be smaller in magnitude");
	o->sigma0 = 1e-15, o->sigma_low = 1, o->sigma_high = 1e20;
	rejected(ANNEALED_DSM, EGM_ERR_ARGUMENT,
	         "sigma_high/sigma0^2 is 1e+50, which is infinite in f32; must be smaller in magnitude");
	o->sigma0 = 1, o->sigma_high = 3e38;
	rejected(ANNEALED_DSM, EGM_ERR_ARGUMENT,
	         "1/sigma_high is 3.33333e-39, which is 0 in f32; must be larger in magnitude");
}
END_TEST

/* ---- members that do not go together */

#define WITH(kind, type) (prepare(kind), (type *)(void *)&options)

START_TEST(test_options__contradictions_are_rejected)
{
	egm_gan_options *gan = WITH(GAN, egm_gan_options);
	gan->step_penalty = 5;
	rejected(GAN, EGM_ERR_ARGUMENT, "generator_steps is 1, must be at least 2 with a step_penalty of 5");
	gan->step_penalty = 0, gan->smoothing = 0.1, gan->form = EGM_GAN_HINGE;
	rejected(GAN, EGM_ERR_ARGUMENT, "smoothing is 0.1, must be 0 for hinge, which has no labels");
	teardown(), setup();
	WITH(WGAN, egm_wgan_options)->penalty_kind = EGM_PENALTY_FINITE_LINEAR;
	((egm_wgan_options *)(void *)&options)->penalty_at = EGM_AT_REAL;
	rejected(WGAN, EGM_ERR_ARGUMENT, "penalty_at is 2, must be EGM_AT_INTERPOLATES for the finite kinds of penalty");
	teardown(), setup();
	WITH(ALI, egm_ali_options)->full_terms = 1;
	rejected(ALI, EGM_ERR_ARGUMENT,
	         "full_terms is 1; must be 0 unless form is EGM_ALI_DERIVED with Gaussian encoder and generator");
	teardown(), setup();
	egm_annealed_dsm_options *levels = WITH(ANNEALED_DSM, egm_annealed_dsm_options);
	levels->sigma_low = 2;
	rejected(ANNEALED_DSM, EGM_ERR_ARGUMENT, "sigma_low is 2, must be at most sigma_high, which is 1.2");
}
END_TEST

START_TEST(test_options__histograms_without_sense)
{
	const double bad[2] = {1, -1}, none[2] = {0, 0};
	prepare(HISTOGRAM);
	masses = egm_no_array();
	rejected(HISTOGRAM, EGM_ERR_ARGUMENT, "masses is NULL");
	masses = egm_f64(bad, 2, 1);
	rejected(HISTOGRAM, EGM_ERR_ARGUMENT, "masses[1] is -1, must be at least 0 and finite");
	masses = egm_f64(none, 2, 1);
	rejected(HISTOGRAM, EGM_ERR_ARGUMENT, "the sum of masses is 0, must be above 0 and finite");
	masses = egm_f64(two_masses, 2, 1);
	options.histogram.lower = options.histogram.upper;
	rejected(HISTOGRAM, EGM_ERR_ARGUMENT, "lower is 1 and upper is 1, upper - lower must be above 0 and finite");
}
END_TEST

/* ---- NULL and sizes */

START_TEST(test_options__null_and_sizes)
{
	prepare(_i);
	ck_assert_int_eq(kinds[_i].create(NULL, net, &options), EGM_ERR_ARGUMENT);
	size_t size = options.histogram.struct_size, odd = size - 1;
	memcpy(&options, &odd, sizeof odd);
	ck_assert_int_eq(kinds[_i].create(&loss, net, &options), EGM_ERR_ARGUMENT);
	ck_assert_ptr_null(loss);
	ck_assert_int_eq(kinds[_i].create(&loss, net, NULL), EGM_OK); /* the defaults */
	egm_loss_free(loss);
	size = sizeof(size_t); /* a caller whose struct has no member */
	memcpy(&options, &size, sizeof size);
	ck_assert_int_eq(kinds[_i].create(&loss, net, &options), EGM_OK);
	egm_loss_free(loss);
	loss = NULL;
}
END_TEST

int main(void)
{
	Suite *s = suite_create("system options");
	TCase *t = tcase_create("rejections");
	tcase_set_tags(t, "R17 R18");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_options__zeros_are_accepted, 0, KINDS);
	tcase_add_loop_test(t, test_options__out_of_range_is_rejected_by_name, 0, sizeof bad_options / sizeof *bad_options);
	tcase_add_loop_test(t, test_options__numbers_that_the_dtype_does_not_hold_are_rejected, 0,
	                    sizeof lost_numbers / sizeof *lost_numbers);
	tcase_add_test(t, test_options__a_level_that_the_dtype_does_not_hold_is_rejected);
	tcase_add_test(t, test_options__contradictions_are_rejected);
	tcase_add_test(t, test_options__histograms_without_sense);
	tcase_add_loop_test(t, test_options__null_and_sizes, 0, KINDS);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
