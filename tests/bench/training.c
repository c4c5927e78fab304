/* SPDX-License-Identifier: MIT */
/* Training steps: all phases of a loss through the public trainer. For W5 the minimal products are 6F - F1 - 3FL, F the
 * forward pass, F1 and FL its first and last layer; for the others the sum over their phases. */
#include "nets.h"

#include <egm/trainer.h>
#include <stdlib.h>
#include <string.h>

typedef struct training {
	egm_loss *loss;
	egm_trainer *trainer;
	egm_data *data;
	int64_t batch, width;
} training;

static void toy(bench *b, training *t, int64_t d)
{
	int64_t g[] = {2, d, d, d, 2, 0}, e[] = {2, d, d, d, 1, 0}, h[] = {4, d, d, d, 1, 0};
	egm_energy_gan_options o = EGM_ENERGY_GAN_OPTIONS_INIT;
	o.energy_steps = 1;
	o.entropy_weight = 0.5;
	o.marginal = EGM_MARGINAL_DERANGEMENT;
	t->batch = b->batch ? b->batch : 64, t->width = 2;
	egm_model *nets[] = {bench_mlp(b, "energy", e, BENCH_LEAKY, 0), bench_mlp(b, "generator", g, BENCH_RELU, 0),
	                     bench_mlp(b, "statistics", h, BENCH_LEAKY, 0)};
	bench_must(egm_loss_energy_gan(&t->loss, nets[0], nets[1], nets[2], &o));
	for (int i = 0; i < 3; i++) egm_model_free(nets[i]);
	double g1, gl, e1, el, h1, hl;
	double n = (double)t->batch, fg = bench_forward(g, n, &g1, &gl), fe = bench_forward(e, n, &e1, &el),
	       fh = bench_forward(h, 2 * n, &h1, &hl);
	b->gflop = 1e-9 * (fg + 7 * fe - el - e1 + 3 * fg - g1 + 2 * fe + 3 * fh);
}

static void wgangp(bench *b, training *t, const int64_t *g, const int64_t *d, int64_t batch)
{
	egm_wgan_options o = EGM_WGAN_OPTIONS_INIT;
	o.critic_steps = 1;
	t->batch = batch, t->width = 784;
	egm_model *critic = bench_mlp(b, "critic", d, BENCH_LEAKY, 0),
	          *generator = bench_mlp(b, "generator", g, BENCH_RELU, 1);
	bench_must(egm_loss_wgan(&t->loss, critic, generator, &o));
	egm_model_free(critic);
	egm_model_free(generator);
	double g1 = 0, gl = 0, d1 = 0, dl = 0, fg = bench_forward(g, (double)batch, &g1, &gl),
	       fd = bench_forward(d, (double)batch, &d1, &dl);
	b->gflop = 1e-9 * (fg + 2 * (3 * fd - d1) + 4 * fd - dl + 3 * fg - g1 + 2 * fd);
}

static void dsm(bench *b, training *t)
{
	int64_t d = b->width ? b->width : 1024, e[] = {784, d, d, 1, 0};
	egm_dsm_options o = EGM_DSM_OPTIONS_INIT;
	t->batch = b->batch ? b->batch : 128, t->width = 784;
	egm_model *energy = bench_mlp(b, "energy", e, BENCH_SILU, 0);
	bench_must(egm_loss_dsm(&t->loss, energy, &o));
	egm_model_free(energy);
	double f1, fl, f = bench_forward(e, (double)t->batch, &f1, &fl);
	b->gflop = 1e-9 * (6 * f - f1 - 3 * fl);
}

/* ---- W4 */

static egm_model *image_net(bench *b, const char *name, int64_t outputs)
{
	egm_model *m = NULL;
	bench_must(egm_model_create(&m, b->context, name, 784));
	egm_model_image(m, 28, 28, 1);
	egm_model_conv(m, 64, 4, 2, 1);
	egm_model_leaky_relu(m, 0.2);
	egm_model_conv(m, 128, 4, 2, 1);
	egm_model_leaky_relu(m, 0.2);
	egm_model_dense(m, outputs);
	bench_must(egm_model_build(m, b->dtype, 1));
	return m;
}

static egm_model *image_generator(bench *b)
{
	egm_model *m = NULL;
	bench_must(egm_model_create(&m, b->context, "generator", 128));
	egm_model_dense(m, 7 * 7 * 128);
	egm_model_image(m, 7, 7, 128);
	egm_model_batch_norm(m, 1e-5, 0.1);
	egm_model_relu(m);
	egm_model_conv_transpose(m, 64, 4, 2, 1, 0);
	egm_model_batch_norm(m, 1e-5, 0.1);
	egm_model_relu(m);
	egm_model_conv_transpose(m, 1, 4, 2, 1, 0);
	egm_model_tanh(m);
	bench_must(egm_model_build(m, b->dtype, 1));
	return m;
}

/* Forward products: the layers of an image network at 14 x 14 and 7 x 7 pixels and its dense layer; the generator has
 * the first two in the opposite order and a dense layer of its own. */
static void dcgan(bench *b, training *t)
{
	egm_energy_gan_options o = EGM_ENERGY_GAN_OPTIONS_INIT;
	o.entropy = EGM_ENTROPY_INFOGAN;
	o.entropy_weight = 0.5 / 128;
	o.energy_steps = 1;
	o.penalty = 10;
	t->batch = 64, t->width = 784;
	egm_model *nets[] = {image_net(b, "energy", 1), image_generator(b), image_net(b, "encoder", 128)};
	bench_must(egm_loss_energy_gan(&t->loss, nets[0], nets[1], nets[2], &o));
	for (int i = 0; i < 3; i++) egm_model_free(nets[i]);
	double pixels = 2.0 * 64 * 49, first = pixels * 4 * 16 * 64, second = pixels * 1024 * 128, dense = 2.0 * 64 * 6272;
	double g1 = dense * 128, fg = g1 + second + first, fe = first + second + dense, fq = first + second + 128 * dense;
	b->gflop = 1e-9 * (fg + 7 * fe - dense - first + 3 * fg - g1 + 2 * fe + 3 * fq);
}

static void make_loss(bench *b, training *t)
{
	static const int64_t g3[] = {128, 2048, 2048, 784, 0}, d3[] = {784, 2048, 2048, 1, 0};
	if (!strcmp(b->work, "toy_meg"))
		toy(b, t, b->width ? b->width : 512);
	else if (!strcmp(b->work, "toy_meg_d64"))
		toy(b, t, 64);
	else if (!strcmp(b->work, "wgangp_mlp"))
		wgangp(b, t, bench_generator, bench_critic, 64);
	else if (!strcmp(b->work, "wgangp_mlp_wide"))
		wgangp(b, t, g3, d3, 256);
	else if (!strcmp(b->work, "dcgan28"))
		dcgan(b, t);
	else
		dsm(b, t);
}

static void make_data(bench *b, training *t)
{
	int64_t rows = 16 * t->batch, n = rows * t->width;
	size_t es = b->dtype == EGM_F32 ? sizeof(float) : sizeof(double);
	void *x = malloc((size_t)n * es);
	if (!x) bench_must(EGM_ERR_MEMORY);
	for (int64_t i = 0; i < n; i++) {
		double v = (double)((uint64_t)i * 2654435761u % 65536) / 32768 - 1;
		if (b->dtype == EGM_F32)
			((float *)x)[i] = (float)v;
		else
			((double *)x)[i] = v;
	}
	bench_must(egm_data_copy(&t->data, b->context, egm_array_of(b->dtype, x, rows, t->width)));
	free(x);
}

static void step(bench *b)
{
	training *t = b->own;
	bench_must(egm_trainer_fit(t->trainer, t->data, 1, NULL, NULL));
}

static void release(bench *b)
{
	training *t = b->own;
	egm_trainer_free(t->trainer);
	egm_loss_free(t->loss);
	egm_data_free(t->data);
	free(t);
}

void bench_training(bench *b)
{
	training *t = calloc(1, sizeof *t);
	egm_trainer_options o = EGM_TRAINER_OPTIONS_INIT;
	if (!t) bench_must(EGM_ERR_MEMORY);
	make_loss(b, t);
	make_data(b, t);
	o.batch = t->batch;
	bench_must(egm_trainer_create(&t->trainer, t->loss, &o));
	b->memory = egm_trainer_arena_bytes(t->trainer);
	b->own = t;
	b->step = step;
	b->release = release;
}
