/* SPDX-License-Identifier: MIT */
/* The contents of the files in tests/golden: each scene makes one file, and says what is compared before and after.
 * This header is compiled twice, with the release that writes (write_golden.c) and with the library of today
 * (test_golden.c), so it uses the public API alone, and a scene names the first release that has what it needs. Every
 * option that decides a number is set here, because a later release may improve a default. */
#ifndef EGM_TESTS_GOLDEN_SCENES_H
#define EGM_TESTS_GOLDEN_SCENES_H

#include "any_negatives.h"
#include "draws.h"
#include <egm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GOLDEN_HAS(minor) (EGM_VERSION_MAJOR > 0 || EGM_VERSION_MINOR >= (minor))

/* Ends the scene with EGM_OK not reached: the caller prints egm_last_error. */
#define GOLDEN_TRY(call)                                          \
	do {                                                          \
		egm_status golden_st = (call);                            \
		if (golden_st != EGM_OK) {                                \
			fprintf(stderr, "%s: %s\n", #call, egm_last_error()); \
			return golden_st;                                     \
		}                                                         \
	} while (0)

/* Receives what a scene looks at: written to a file, or compared with it. Labels after "next" depend on random numbers
 * and on training, those before on the file alone. */
typedef struct golden_notes {
	void (*note)(struct golden_notes *notes, const char *label, const double *values, size_t n);
	void *user;
} golden_notes;

enum { GOLDEN_ROWS = 4, GOLDEN_NETS = 3, GOLDEN_MOST = 4096, GOLDEN_DATA = 40, GOLDEN_NEXT = 3 };

/* Numbers k/8, |k| <= 12: exact in both types and in every locale. */
static inline double golden_number(int i)
{
	return ((i * 37 + i / 5 * 11 + 3) % 25 - 12) / 8.0;
}

static inline size_t golden_width(egm_dtype dtype)
{
	return dtype == EGM_F64 ? sizeof(double) : sizeof(float);
}

static inline void golden_fill(egm_dtype dtype, void *x, int64_t n)
{
	for (int64_t i = 0; i < n; i++) {
		if (dtype == EGM_F64)
			((double *)x)[i] = golden_number((int)i);
		else
			((float *)x)[i] = (float)golden_number((int)i);
	}
}

static inline void golden_note_array(golden_notes *notes, const char *label, egm_dtype dtype, const void *x, int64_t n)
{
	double values[GOLDEN_MOST];
	for (int64_t i = 0; i < n; i++) values[i] = dtype == EGM_F64 ? ((const double *)x)[i] : ((const float *)x)[i];
	notes->note(notes, label, values, (size_t)n);
}

/* ---- nets */

/* The net at GOLDEN_ROWS rows; energy and slope too where it has one output. */
static inline egm_status golden_observe_net(golden_notes *notes, const char *label, const egm_model *net)
{
	static double x[GOLDEN_MOST], y[GOLDEN_MOST], gradients[GOLDEN_MOST];
	egm_dtype dtype = egm_model_dtype(net);
	int64_t inputs = egm_model_inputs(net), outputs = egm_model_outputs(net);
	char text[80];
	golden_fill(dtype, x, GOLDEN_ROWS * inputs);
	GOLDEN_TRY(egm_model_run(net, egm_array_of(dtype, x, GOLDEN_ROWS, inputs),
	                         egm_out_of(dtype, y, GOLDEN_ROWS, egm_model_outputs(net))));
	golden_note_array(notes, label, dtype, y, GOLDEN_ROWS * outputs);
	if (outputs != 1) return EGM_OK;
	snprintf(text, sizeof text, "%.63s.slope", label);
	GOLDEN_TRY(egm_model_energy_gradient(net, egm_array_of(dtype, x, GOLDEN_ROWS, inputs),
	                                     egm_out_of(dtype, y, GOLDEN_ROWS, 1),
	                                     egm_out_of(dtype, gradients, GOLDEN_ROWS, inputs)));
	golden_note_array(notes, text, dtype, gradients, GOLDEN_ROWS * inputs);
	return EGM_OK;
}

/* The layers of 0.1 and every way to draw a weight, in two nets that are short enough to tell rows apart. */
static inline egm_status golden_rows_net(egm_model *m)
{
	GOLDEN_TRY(egm_model_dense(m, 6));
	GOLDEN_TRY(egm_model_leaky_relu(m, 0.3));
	GOLDEN_TRY(egm_model_set_initializer(m, EGM_INIT_GLOROT_UNIFORM));
	GOLDEN_TRY(egm_model_dense(m, 7));
	GOLDEN_TRY(egm_model_elu(m, 1.25));
	GOLDEN_TRY(egm_model_layer_norm(m, 1e-5));
	GOLDEN_TRY(egm_model_set_initializer(m, EGM_INIT_GLOROT_NORMAL));
	GOLDEN_TRY(egm_model_dense(m, 6));
	GOLDEN_TRY(egm_model_softplus(m));
	GOLDEN_TRY(egm_model_set_initializer(m, EGM_INIT_HE_NORMAL));
	GOLDEN_TRY(egm_model_dense(m, 8));
	GOLDEN_TRY(egm_model_relu(m));
	GOLDEN_TRY(egm_model_dense(m, 1));
	return EGM_OK;
}

static inline egm_status golden_smooth_net(egm_model *m)
{
	GOLDEN_TRY(egm_model_set_initializer(m, EGM_INIT_HE_UNIFORM));
	GOLDEN_TRY(egm_model_dense(m, 6));
	GOLDEN_TRY(egm_model_silu(m));
	GOLDEN_TRY(egm_model_set_initializer(m, EGM_INIT_LECUN_NORMAL));
	GOLDEN_TRY(egm_model_dense(m, 7));
	GOLDEN_TRY(egm_model_gelu(m));
	GOLDEN_TRY(egm_model_set_initializer(m, EGM_INIT_HE_NORMAL));
	GOLDEN_TRY(egm_model_dense(m, 6));
	GOLDEN_TRY(egm_model_tanh(m));
	GOLDEN_TRY(egm_model_dense(m, 5));
	GOLDEN_TRY(egm_model_sigmoid(m));
	GOLDEN_TRY(egm_model_dense(m, 3));
	return EGM_OK;
}

#if GOLDEN_HAS(3)
static inline egm_status golden_spectral_net(egm_model *m)
{
	GOLDEN_TRY(egm_model_spectral_dense(m, 6));
	GOLDEN_TRY(egm_model_silu(m));
	GOLDEN_TRY(egm_model_spectral_dense(m, 1));
	return EGM_OK;
}
#endif

#if GOLDEN_HAS(4)
static inline egm_status golden_critic_net(egm_model *m)
{
	GOLDEN_TRY(egm_model_image(m, 6, 6, 2));
	GOLDEN_TRY(egm_model_conv(m, 3, 3, 2, 1));
	GOLDEN_TRY(egm_model_leaky_relu(m, 0.2));
	GOLDEN_TRY(egm_model_spectral_conv(m, 4, 2, 1, 1));
	GOLDEN_TRY(egm_model_tanh(m));
	GOLDEN_TRY(egm_model_average_pool(m, 2));
	GOLDEN_TRY(egm_model_flatten(m));
	GOLDEN_TRY(egm_model_dense(m, 1));
	return EGM_OK;
}

static inline egm_status golden_painter_net(egm_model *m)
{
	GOLDEN_TRY(egm_model_dense(m, 12));
	GOLDEN_TRY(egm_model_batch_norm(m, 1e-5, 0.1));
	GOLDEN_TRY(egm_model_relu(m));
	GOLDEN_TRY(egm_model_image(m, 2, 2, 3));
	GOLDEN_TRY(egm_model_conv_transpose(m, 2, 3, 2, 1, 0));
	GOLDEN_TRY(egm_model_batch_norm(m, 1e-3, 0.2));
	GOLDEN_TRY(egm_model_upsample(m, 2));
	GOLDEN_TRY(egm_model_tanh(m));
	return EGM_OK;
}
#endif

typedef struct golden_net {
	const char *name;
	egm_dtype dtype;
	int64_t inputs;
	egm_status (*layers)(egm_model *m);
} golden_net;

static const golden_net golden_nets[] = {
    {"rows_f32", EGM_F32, 5, golden_rows_net},         {"rows_f64", EGM_F64, 5, golden_rows_net},
    {"smooth_f32", EGM_F32, 4, golden_smooth_net},     {"smooth_f64", EGM_F64, 4, golden_smooth_net},
#if GOLDEN_HAS(3)
    {"spectral_f32", EGM_F32, 4, golden_spectral_net}, {"spectral_f64", EGM_F64, 4, golden_spectral_net},
#endif
#if GOLDEN_HAS(4)
    {"critic_f32", EGM_F32, 72, golden_critic_net},    {"critic_f64", EGM_F64, 72, golden_critic_net},
    {"painter_f32", EGM_F32, 4, golden_painter_net},   {"painter_f64", EGM_F64, 4, golden_painter_net},
#endif
};
enum { GOLDEN_NET_COUNT = sizeof golden_nets / sizeof *golden_nets };

/* Gains, biases and running statistics as training would leave them, so that a reader who mixes them up is seen. */
static inline egm_status golden_stir(egm_model *m)
{
	double f64[256];
	float f32[256];
	for (int32_t i = 0; i < egm_model_tensor_count(m); i++) {
		const char *name;
		int64_t shape[4], count = 1;
		int32_t rank;
		GOLDEN_TRY(egm_model_tensor_shape(m, i, &name, shape, &rank));
		for (int32_t k = 0; k < rank; k++) count *= shape[k];
		const char *what = strchr(name, '.') + 1;
		int var = !strcmp(what, "running_var"), norm = var || !strcmp(what, "running_mean") || !strcmp(what, "gain");
		if (!norm && rank != 1) continue;
		if (!strcmp(what, "u") || !strcmp(what, "v")) continue;
		for (int64_t k = 0; k < count; k++) {
			double x = golden_number((int)(k + 7 * i)) / 2;
			f64[k] = var ? 0.5 + x * x : x;
			f32[k] = (float)f64[k];
		}
		const void *values = egm_model_dtype(m) == EGM_F64 ? (const void *)f64 : (const void *)f32;
		GOLDEN_TRY(egm_model_set_tensor(m, name, egm_array_of(egm_model_dtype(m), values, count, 1)));
	}
	return EGM_OK;
}

/* ---- checkpoints */

typedef struct golden_run {
	egm_context *context;
	egm_model *nets[GOLDEN_NETS];
	egm_loss *loss;
	egm_trainer *trainer;
	egm_data *data;
	int n_nets;
} golden_run;

static inline void golden_run_clear(golden_run *r)
{
	egm_trainer_free(r->trainer);
	egm_loss_free(r->loss);
	egm_data_free(r->data);
	for (int i = 0; i < r->n_nets; i++) egm_model_free(r->nets[i]);
}

/* inputs - 8 - outputs, silu between. */
static inline egm_status golden_add_net(golden_run *r, const char *name, egm_dtype dtype, int64_t inputs,
                                        int64_t outputs, int norm)
{
	egm_model *m;
	GOLDEN_TRY(egm_model_create(&m, r->context, name, inputs));
	r->nets[r->n_nets++] = m;
	GOLDEN_TRY(egm_model_dense(m, 8));
	if (norm) GOLDEN_TRY(egm_model_layer_norm(m, 1e-5));
	GOLDEN_TRY(egm_model_silu(m));
	GOLDEN_TRY(egm_model_dense(m, outputs));
	GOLDEN_TRY(egm_model_build(m, dtype, (uint64_t)(r->n_nets + 10)));
	return EGM_OK;
}

static inline egm_status golden_add_data(golden_run *r, egm_dtype dtype, int64_t columns)
{
	static double x[GOLDEN_MOST];
	golden_fill(dtype, x, GOLDEN_DATA * columns);
	GOLDEN_TRY(egm_data_copy(&r->data, r->context, egm_array_of(dtype, x, GOLDEN_DATA, columns)));
	return EGM_OK;
}

static inline egm_status golden_dsm(golden_run *r, egm_dtype dtype)
{
	egm_dsm_options o = EGM_DSM_OPTIONS_INIT;
	o.sigma = 0.5;
	GOLDEN_TRY(golden_add_net(r, "energy", dtype, 2, 1, 1));
	GOLDEN_TRY(golden_add_data(r, dtype, 2));
	GOLDEN_TRY(egm_loss_dsm(&r->loss, r->nets[0], &o));
	return EGM_OK;
}

/* The information network is the statistic of the Donsker-Varadhan bound, whose running mean is part of the state. */
static inline egm_status golden_energy_gan(golden_run *r, egm_dtype dtype)
{
	egm_energy_gan_options o = EGM_ENERGY_GAN_OPTIONS_INIT;
	o.entropy = EGM_ENTROPY_DV;
	o.marginal = EGM_MARGINAL_FRESH;
	o.energy_steps = 2;
	o.penalty = 0.1;
	o.entropy_weight = 0.5;
	o.noise = 0.1;
	o.dv_decay = 0.9;
	GOLDEN_TRY(golden_add_net(r, "energy", dtype, 2, 1, 0));
	GOLDEN_TRY(golden_add_net(r, "generator", dtype, 3, 2, 0));
	GOLDEN_TRY(golden_add_net(r, "statistic", dtype, 5, 1, 0));
	GOLDEN_TRY(golden_add_data(r, dtype, 2));
	GOLDEN_TRY(egm_loss_energy_gan(&r->loss, r->nets[0], r->nets[1], r->nets[2], &o));
	return EGM_OK;
}

#if GOLDEN_HAS(3)
static inline egm_status golden_ml(golden_run *r, egm_dtype dtype)
{
	egm_ml_options o = EGM_ML_OPTIONS_INIT;
	o.regularizer = 0.1;
	GOLDEN_TRY(golden_add_net(r, "energy", dtype, 2, 1, 0));
	GOLDEN_TRY(golden_add_data(r, dtype, 2));
	GOLDEN_TRY(egm_loss_ml(&r->loss, r->nets[0], &o));
	return EGM_OK;
}

static inline egm_status golden_wgan(golden_run *r, egm_dtype dtype)
{
	egm_wgan_options o = EGM_WGAN_OPTIONS_INIT;
	o.penalty_kind = EGM_PENALTY_TWO_SIDED;
	o.penalty_at = EGM_AT_INTERPOLATES;
	o.critic_steps = 2;
	o.penalty = 10;
	o.clip = 0;
	GOLDEN_TRY(golden_add_net(r, "critic", dtype, 2, 1, 0));
	GOLDEN_TRY(golden_add_net(r, "generator", dtype, 3, 2, 0));
	GOLDEN_TRY(golden_add_data(r, dtype, 2));
	GOLDEN_TRY(egm_loss_wgan(&r->loss, r->nets[0], r->nets[1], &o));
	return EGM_OK;
}

/* The critic's weights are cut after each step. */
static inline egm_status golden_clipped_wgan(golden_run *r, egm_dtype dtype)
{
	egm_wgan_options o = EGM_WGAN_OPTIONS_INIT;
	o.critic_steps = 2;
	o.penalty = 0;
	o.clip = 0.3;
	GOLDEN_TRY(golden_add_net(r, "critic", dtype, 2, 1, 0));
	GOLDEN_TRY(golden_add_net(r, "generator", dtype, 3, 2, 0));
	GOLDEN_TRY(golden_add_data(r, dtype, 2));
	GOLDEN_TRY(egm_loss_wgan(&r->loss, r->nets[0], r->nets[1], &o));
	return EGM_OK;
}

static inline egm_status golden_ls_gan(golden_run *r, egm_dtype dtype)
{
	egm_ls_gan_options o = EGM_LS_GAN_OPTIONS_INIT;
	o.margin_norm = EGM_MARGIN_L1;
	o.energy_steps = 1;
	o.margin = 1;
	o.slope = 0;
	o.penalty = 0;
	GOLDEN_TRY(golden_add_net(r, "energy", dtype, 2, 1, 0));
	GOLDEN_TRY(golden_add_net(r, "generator", dtype, 3, 2, 0));
	GOLDEN_TRY(golden_add_data(r, dtype, 2));
	GOLDEN_TRY(egm_loss_ls_gan(&r->loss, r->nets[0], r->nets[1], &o));
	return EGM_OK;
}

static inline egm_status golden_annealed_dsm(golden_run *r, egm_dtype dtype)
{
	egm_annealed_dsm_options o = EGM_ANNEALED_DSM_OPTIONS_INIT;
	o.spacing = EGM_SPACING_GEOMETRIC;
	o.sigma0 = 0.2;
	o.sigma_low = 0.1;
	o.sigma_high = 1;
	GOLDEN_TRY(golden_add_net(r, "energy", dtype, 2, 1, 0));
	GOLDEN_TRY(golden_add_data(r, dtype, 2));
	GOLDEN_TRY(egm_loss_annealed_dsm(&r->loss, r->nets[0], &o));
	return EGM_OK;
}

/* The critic has buffers u and v, which no optimiser moves. */
static inline egm_status golden_spectral_gan(golden_run *r, egm_dtype dtype)
{
	egm_gan_options o = EGM_GAN_OPTIONS_INIT;
	o.form = EGM_GAN_HINGE;
	o.discriminator_steps = 2;
	o.generator_steps = 1;
	o.penalty = 0;
	o.smoothing = 0;
	o.step_penalty = 0;
	GOLDEN_TRY(egm_model_create(&r->nets[0], r->context, "critic", 2));
	r->n_nets = 1;
	GOLDEN_TRY(golden_spectral_net(r->nets[0]));
	GOLDEN_TRY(egm_model_build(r->nets[0], dtype, 11));
	GOLDEN_TRY(golden_add_net(r, "generator", dtype, 3, 2, 0));
	GOLDEN_TRY(golden_add_data(r, dtype, 2));
	GOLDEN_TRY(egm_loss_gan(&r->loss, r->nets[0], r->nets[1], &o));
	return EGM_OK;
}

static inline egm_status golden_vae(golden_run *r, egm_dtype dtype)
{
	egm_vae_options o = EGM_VAE_OPTIONS_INIT;
	o.decoder = EGM_DECODER_GAUSSIAN_LEARNED;
	o.beta = 0.5;
	GOLDEN_TRY(golden_add_net(r, "encoder", dtype, 2, 6, 0));
	GOLDEN_TRY(golden_add_net(r, "decoder", dtype, 3, 4, 0));
	GOLDEN_TRY(golden_add_data(r, dtype, 2));
	GOLDEN_TRY(egm_loss_vae(&r->loss, r->nets[0], r->nets[1], &o));
	return EGM_OK;
}
#endif

#if GOLDEN_HAS(4)
/* Two numbers and the weights of two classes in each row of data, all positive. */
static inline egm_status golden_cross_entropy(golden_run *r, egm_dtype dtype)
{
	double x[GOLDEN_DATA * 4];
	egm_cross_entropy_options o = EGM_CROSS_ENTROPY_OPTIONS_INIT;
	o.label_smoothing = 0.1;
	for (int i = 0; i < GOLDEN_DATA * 4; i++) {
		int hot = golden_number(i / 4 * 4) > 0;
		x[i] = i % 4 < 2 ? golden_number(i) : i % 4 - 2 == hot;
	}
	GOLDEN_TRY(golden_add_net(r, "classifier", dtype, 2, 2, 1));
	GOLDEN_TRY(egm_data_copy(&r->data, r->context, egm_array_of(dtype, x, GOLDEN_DATA, 4)));
	GOLDEN_TRY(egm_loss_cross_entropy(&r->loss, r->nets[0], &o));
	return EGM_OK;
}

/* Images: convolutions, batch statistics and power iterations in one state. */
static inline egm_status golden_image_gan(golden_run *r, egm_dtype dtype)
{
	egm_gan_options o = EGM_GAN_OPTIONS_INIT;
	o.form = EGM_GAN_NON_SATURATING;
	o.discriminator_steps = 1;
	o.generator_steps = 1;
	o.penalty = 0;
	o.smoothing = 0;
	o.step_penalty = 0;
	GOLDEN_TRY(egm_model_create(&r->nets[0], r->context, "critic", 72));
	r->n_nets = 1;
	GOLDEN_TRY(golden_critic_net(r->nets[0]));
	GOLDEN_TRY(egm_model_build(r->nets[0], dtype, 11));
	GOLDEN_TRY(egm_model_create(&r->nets[1], r->context, "painter", 4));
	r->n_nets = 2;
	GOLDEN_TRY(golden_painter_net(r->nets[1]));
	GOLDEN_TRY(egm_model_build(r->nets[1], dtype, 12));
	GOLDEN_TRY(golden_add_data(r, dtype, 72));
	GOLDEN_TRY(egm_loss_gan(&r->loss, r->nets[0], r->nets[1], &o));
	return EGM_OK;
}
#endif

typedef struct golden_training {
	const char *name;
	egm_dtype dtype;
	egm_status (*loss)(golden_run *r, egm_dtype dtype);
	int32_t optimizer;
	double average;
	int32_t start, kernel; /* of negatives; 0: none */
} golden_training;

static const golden_training golden_trainings[] = {
    {"dsm_adam_f32", EGM_F32, golden_dsm, EGM_OPTIMIZER_ADAM, 0.9, 0, 0},
    {"dsm_adam_f64", EGM_F64, golden_dsm, EGM_OPTIMIZER_ADAM, 0.9, 0, 0},
    {"dsm_sgd_f64", EGM_F64, golden_dsm, EGM_OPTIMIZER_SGD, 0, 0, 0},
    {"energy_gan_f64", EGM_F64, golden_energy_gan, EGM_OPTIMIZER_RMSPROP, 0.9, 0, 0},
#if GOLDEN_HAS(3)
    {"ml_pcd_ula_f64", EGM_F64, golden_ml, EGM_OPTIMIZER_ADAM, 0, EGM_NEGATIVES_PCD, ANY_ULA},
    {"ml_pcd_mala_f32", EGM_F32, golden_ml, EGM_OPTIMIZER_SGD, 0.9, EGM_NEGATIVES_PCD, ANY_MALA},
    {"ml_cd_hmc_f64", EGM_F64, golden_ml, EGM_OPTIMIZER_SGD, 0, EGM_NEGATIVES_CD, ANY_HMC},
    {"ml_short_ula_f64", EGM_F64, golden_ml, EGM_OPTIMIZER_RMSPROP, 0, EGM_NEGATIVES_SHORT_RUN, ANY_ULA},
    {"wgan_f64", EGM_F64, golden_wgan, EGM_OPTIMIZER_ADAM, 0.9, 0, 0},
    {"clipped_wgan_f64", EGM_F64, golden_clipped_wgan, EGM_OPTIMIZER_RMSPROP, 0, 0, 0},
    {"ls_gan_f64", EGM_F64, golden_ls_gan, EGM_OPTIMIZER_ADAM, 0, 0, 0},
    {"annealed_dsm_f64", EGM_F64, golden_annealed_dsm, EGM_OPTIMIZER_SGD, 0.9, 0, 0},
    {"spectral_gan_f64", EGM_F64, golden_spectral_gan, EGM_OPTIMIZER_ADAM, 0.9, 0, 0},
    {"vae_f32", EGM_F32, golden_vae, EGM_OPTIMIZER_ADAM, 0.9, 0, 0},
#endif
#if GOLDEN_HAS(4)
    /* 0.3 returned averages beyond the clip. */
    {"clipped_average_f64", EGM_F64, golden_clipped_wgan, EGM_OPTIMIZER_RMSPROP, 0.9, 0, 0},
    {"cross_entropy_f64", EGM_F64, golden_cross_entropy, EGM_OPTIMIZER_ADAM, 0.9, 0, 0},
    /* Not Adam: the slope of a bias before batch_norm is 0 but for rounding, which Adam would scale up to whole steps.
     */
    {"image_gan_f64", EGM_F64, golden_image_gan, EGM_OPTIMIZER_SGD, 0.9, 0, 0},
#endif
};
enum { GOLDEN_TRAINING_COUNT = sizeof golden_trainings / sizeof *golden_trainings };

#if GOLDEN_HAS(3)
static inline egm_status golden_set_negatives(golden_run *r, const golden_training *t)
{
	egm_negatives_options n = EGM_NEGATIVES_OPTIONS_INIT;
	any_kernel_options s;
	GOLDEN_TRY(any_kernel_init(&s, t->kernel));
	n.start = t->start;
	n.steps = 3;
	n.buffer = t->start == EGM_NEGATIVES_PCD ? 16 : 0;
	if (t->start == EGM_NEGATIVES_PCD) n.restart = 0.25;
	s.step_size = 0.05;
	if (t->kernel == ANY_HMC) s.leapfrog_steps = 3;
	GOLDEN_TRY(any_negatives(r->trainer, r->nets[0], &n, &s));
	return EGM_OK;
}
#endif

static inline egm_status golden_run_create(golden_run *r, const golden_training *t, egm_context *context)
{
	egm_trainer_options o = EGM_TRAINER_OPTIONS_INIT;
	*r = (golden_run){.context = context};
	GOLDEN_TRY(t->loss(r, t->dtype));
	o.seed = 5;
	o.batch = 8;
	o.optimizer = t->optimizer;
	o.learning_rate = 0.01;
	o.beta1 = 0.5;
	o.beta2 = 0.9;
	o.epsilon = 1e-8;
	o.momentum = 0.9;
	o.clip_norm = 0;
	o.schedule = EGM_SCHEDULE_CONSTANT;
	o.warmup_steps = 0;
	o.average_decay = t->average;
	GOLDEN_TRY(egm_trainer_create(&r->trainer, r->loss, &o));
#if GOLDEN_HAS(3)
	if (t->start) GOLDEN_TRY(golden_set_negatives(r, t));
#endif
	return EGM_OK;
}

static inline egm_status golden_observe_nets(golden_notes *notes, const char *when, golden_run *r, int averages)
{
	char label[64];
	for (int i = 0; i < r->n_nets; i++) {
		egm_model *average = NULL;
		snprintf(label, sizeof label, "%snet%d", when, i);
		GOLDEN_TRY(golden_observe_net(notes, label, r->nets[i]));
		if (!averages) continue;
		snprintf(label, sizeof label, "%saverage%d", when, i);
		GOLDEN_TRY(egm_trainer_average(&average, r->trainer, r->nets[i]));
		egm_status st = golden_observe_net(notes, label, average);
		egm_model_free(average);
		GOLDEN_TRY(st);
	}
	return EGM_OK;
}

/* The state, then GOLDEN_NEXT steps on from it. */
static inline egm_status golden_observe_run(golden_notes *notes, golden_run *r, const golden_training *t, int next)
{
	double terms[16], steps = (double)egm_trainer_steps(r->trainer);
	notes->note(notes, "steps", &steps, 1);
	GOLDEN_TRY(golden_observe_nets(notes, "", r, t->average > 0));
	for (int k = 0; k < GOLDEN_NEXT && next; k++) {
		int32_t n = egm_loss_term_count(r->loss);
		GOLDEN_TRY(egm_trainer_fit(r->trainer, r->data, 1, NULL, NULL));
		for (int32_t i = 0; i < n; i++) terms[i] = egm_trainer_term(r->trainer, i);
		notes->note(notes, "next.terms", terms, (size_t)n);
	}
	if (next) GOLDEN_TRY(golden_observe_nets(notes, "next.", r, 0));
	return EGM_OK;
}

/* ---- samplers */

#if GOLDEN_HAS(2)
enum { GOLDEN_DIMS = 2, GOLDEN_CHAINS = 3, GOLDEN_DRAWS = 3 };

/* U = |x|^2 / 2 + (x0 - x1^2)^2 / 4: products and sums alone, so that every machine has the same bits. */
static inline void golden_energy_at(const double *x, double *u, double *g)
{
	double d = x[0] - x[1] * x[1];
	*u = (x[0] * x[0] + x[1] * x[1]) / 2 + d * d / 4;
	g[0] = x[0] + d / 2;
	g[1] = x[1] - d * x[1];
}

static inline int golden_energy_f64(int64_t rows, const void *x, void *energies, void *gradients, void *user)
{
	(void)user;
	for (int64_t i = 0; i < rows; i++)
		golden_energy_at((const double *)x + 2 * i, (double *)energies + i, (double *)gradients + 2 * i);
	return 0;
}

static inline int golden_energy_f32(int64_t rows, const void *x, void *energies, void *gradients, void *user)
{
	(void)user;
	for (int64_t i = 0; i < rows; i++) {
		double u, g[2], p[2] = {((const float *)x)[2 * i], ((const float *)x)[2 * i + 1]};
		golden_energy_at(p, &u, g);
		((float *)energies)[i] = (float)u;
		((float *)gradients)[2 * i] = (float)g[0];
		((float *)gradients)[2 * i + 1] = (float)g[1];
	}
	return 0;
}

typedef struct golden_chains {
	const char *name;
	egm_dtype dtype;
	int32_t kernel;
	int64_t warmup;
} golden_chains;

static const golden_chains golden_samplers[] = {
    {"ula_f32", EGM_F32, ANY_ULA, 0},
    {"ula_f64", EGM_F64, ANY_ULA, 0},
    {"mala_f64", EGM_F64, ANY_MALA, 40},
    {"hmc_f64", EGM_F64, ANY_HMC, 40},
    {"nuts_f64", EGM_F64, ANY_NUTS, 200},
    {"nuts_f32", EGM_F32, ANY_NUTS, 200},
    {"annealed_f64", EGM_F64, ANY_ANNEALED_LANGEVIN, 0},
    {"tempered_f64", EGM_F64, ANY_TEMPERED, 40},
};
enum { GOLDEN_SAMPLER_COUNT = sizeof golden_samplers / sizeof *golden_samplers };

static inline egm_status golden_sampler_create(egm_sampler **out, const golden_chains *c, egm_context *context)
{
	static const double falling[] = {4, 2, 1}, rising[] = {1, 2, 4};
	egm_target *target = NULL;
	any_kernel_options o;
	GOLDEN_TRY(any_kernel_init(&o, c->kernel));
	GOLDEN_TRY(egm_target_callback(&target, context, c->dtype, GOLDEN_DIMS, NULL,
	                               c->dtype == EGM_F64 ? golden_energy_f64 : golden_energy_f32, NULL, NULL));
	o.chains = GOLDEN_CHAINS;
	o.seed = 9;
	o.step_size = 0.1;
	o.start_scale = 1;
	o.adapt_scale = c->kernel == ANY_NUTS || c->kernel == ANY_MALA;
	if (c->kernel == ANY_HMC) o.leapfrog_steps = 4;
	if (c->kernel == ANY_NUTS) o.max_depth = 10;
	if (c->kernel == ANY_HMC || c->kernel == ANY_NUTS) o.divergence = 1000;
	if (c->kernel == ANY_ANNEALED_LANGEVIN || c->kernel == ANY_TEMPERED) {
		o.levels = 3;
		o.temperatures = c->kernel == ANY_TEMPERED ? rising : falling;
		o.steps_per_level = 2;
	}
	if (c->kernel == ANY_ANNEALED_LANGEVIN) o.denoise = 0.1;
	egm_status st = any_kernel_sampler(out, target, &o);
	egm_target_free(target);
	GOLDEN_TRY(st);
	return EGM_OK;
}

static inline egm_status golden_observe_sampler(golden_notes *notes, egm_sampler *s, const golden_chains *c, int next)
{
	double points[GOLDEN_CHAINS * GOLDEN_DIMS], draws[GOLDEN_DRAWS * GOLDEN_CHAINS * GOLDEN_DIMS];
	double energies[GOLDEN_DRAWS * GOLDEN_CHAINS], scale[GOLDEN_DIMS];
	egm_sampler_statistics stats = EGM_SAMPLER_STATISTICS_INIT;
	GOLDEN_TRY(egm_sampler_points(s, points_out(s, c->dtype, points)));
	golden_note_array(notes, "points", c->dtype, points, GOLDEN_CHAINS * GOLDEN_DIMS);
	for (int64_t i = 0; i < GOLDEN_CHAINS; i++) {
		GOLDEN_TRY(egm_sampler_stats(s, i, &stats));
		GOLDEN_TRY(egm_sampler_scale(s, i, egm_f64_out(scale, egm_sampler_dims(s), 1)));
		/* 0.2 counted the steps of all levels of a tempered chain, later releases its rounds: 3 levels of 2 steps. */
		int64_t counted = c->kernel == ANY_TEMPERED && !GOLDEN_HAS(3) ? 6 : 1;
		const double figures[] = {(double)(stats.transitions / counted),
		                          (double)stats.gradients,
		                          (double)stats.divergences,
		                          stats.step_size,
		                          scale[0],
		                          scale[1]};
		notes->note(notes, "statistics", figures, 6);
	}
	if (!next) return EGM_OK;
	GOLDEN_TRY(egm_sampler_run(s, GOLDEN_DRAWS, 1, draws_out(s, GOLDEN_DRAWS, draws),
	                           energies_out(s, GOLDEN_DRAWS, energies), NULL, NULL));
	golden_note_array(notes, "next.draws", c->dtype, draws, GOLDEN_DRAWS * GOLDEN_CHAINS * GOLDEN_DIMS);
	golden_note_array(notes, "next.energies", c->dtype, energies, GOLDEN_DRAWS * GOLDEN_CHAINS);
	return EGM_OK;
}
#endif

#endif
