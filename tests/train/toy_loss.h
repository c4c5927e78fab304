/* SPDX-License-Identifier: MIT */
/* Losses that are small enough for gradients by hand, for the tests of the trainer. */
#ifndef EGM_TESTS_TOY_LOSS_H
#define EGM_TESTS_TOY_LOSS_H

#include <egm/data.h>
#include <egm/loss.h>
#include <egm/trainer.h>
#include <loss/loss_impl.h>
#include <string.h>
#include <support.h>

/* L = mean W x + b: dL/dW = mean x, dL/db = 1, whatever the parameters are. */
static inline void toy_build_linear(const egm_loss *loss, egm__phase_graph *p)
{
	egm__term_add(p, 0, egm__mean(p->graph, egm__net(p, loss, 0, p->data)), 1);
}

/* Shows the mean of the network and descends the mean of its fourth power: from 1e100 on the gradient overflows in f64
 * while what is shown stays finite. */
static inline void toy_build_hidden(const egm_loss *loss, egm__phase_graph *p)
{
	egm__id y = egm__net(p, loss, 0, p->data);
	egm__term_add(p, 0, egm__mean(p->graph, y), 1);
	p->terms[p->n_terms - 1].surrogate = egm__mean(p->graph, egm__square(p->graph, egm__square(p->graph, y)));
}

/* First phase of the pair, on data: mean (U(x) + n - 1)^2 with fresh noise n. */
static inline void toy_build_critic(const egm_loss *loss, egm__phase_graph *p)
{
	egm__graph *g = p->graph;
	egm__id noise = egm__normal(g, 0, egm__shape2(p->batch, 1));
	egm__id y = egm__add(g, egm__net(p, loss, 0, p->data), noise);
	egm__term_add(p, 0, egm__mean(g, egm__square(g, egm__affine(g, y, 1, -1))), 1);
}

/* Second phase, without data: u = U(G(z)); mean u^2 + s mean u, where s follows mean u: s' = 0.9 s + 0.1 mean u. */
static inline void toy_build_generator(const egm_loss *loss, egm__phase_graph *p)
{
	egm__graph *g = p->graph;
	egm__id z = egm__normal(g, 1, egm__shape2(p->batch, loss->nets[1]->inputs));
	egm__id u = egm__net(p, loss, 0, egm__net(p, loss, 1, z));
	egm__id mean = egm__mean(g, u);
	egm__term_add(p, 1, egm__add(g, egm__mean(g, egm__square(g, u)), egm__mul(g, p->state[0], mean)), 1);
	p->state_next[0] = egm__add(g, egm__scale(g, p->state[0], 0.9), egm__scale(g, egm__stop(g, mean), 0.1));
}

/* One network, one phase. */
static inline egm_loss *toy_single(egm_model *net, void (*build)(const egm_loss *, egm__phase_graph *))
{
	egm_loss *loss = NULL;
	static const char *const roles[] = {"energy"};
	egm_model *nets[] = {net};
	static const int32_t none = 0;
	if (egm__loss_create(&loss, "toy", 1, nets, roles, &none, sizeof none) != EGM_OK) return NULL;
	loss->data_width = egm_model_inputs(net);
	loss->min_batch = 2;
	loss->n_phases = 1;
	loss->phases[0] = (egm__phase){.name = "descent", .moves = 1, .repeat = 1, .reads_data = 1, .build = build};
	loss->n_terms = 1;
	loss->term_names[0] = "level";
	return loss;
}

/* Two networks in turn, the first twice; noise in both, a state in the second. */
static inline egm_loss *toy_pair(egm_model *energy, egm_model *generator)
{
	egm_loss *loss = NULL;
	static const char *const roles[] = {"energy", "generator"};
	egm_model *nets[] = {energy, generator};
	static const int32_t none = 0;
	if (egm__loss_create(&loss, "toy_pair", 2, nets, roles, &none, sizeof none) != EGM_OK) return NULL;
	loss->data_width = egm_model_inputs(energy);
	loss->min_batch = 1;
	loss->n_phases = 2;
	loss->phases[0] =
	    (egm__phase){.name = "critic", .moves = 1, .repeat = 2, .reads_data = 1, .build = toy_build_critic};
	loss->phases[1] = (egm__phase){.name = "generator", .moves = 2, .repeat = 1, .build = toy_build_generator};
	loss->n_terms = 2;
	loss->term_names[0] = "critic_error";
	loss->term_names[1] = "generator_level";
	loss->n_state = 1;
	loss->state_start[0] = 0.25;
	return loss;
}

/* inputs -> hidden -> outputs with tanh between; hidden 0: one dense layer. */
static inline egm_model *toy_net(egm_context *context, const char *name, int64_t inputs, int64_t hidden,
                                 int64_t outputs, egm_dtype dtype)
{
	egm_model *net = NULL;
	if (egm_model_create(&net, context, name, inputs) != EGM_OK) return NULL;
	if (hidden) {
		egm_model_dense(net, hidden);
		egm_model_tanh(net);
	}
	egm_model_dense(net, outputs);
	if (egm_model_build(net, dtype, 7) == EGM_OK) return net;
	egm_model_free(net);
	return NULL;
}

/* rows x columns of multiples of 1/64 in [-1, 1), all rows different. */
static inline egm_data *toy_data(egm_context *context, egm_dtype dtype, int64_t rows, int64_t columns)
{
	egm_data *data = NULL;
	double *x = malloc((size_t)(rows * columns) * sizeof *x);
	float *f = malloc((size_t)(rows * columns) * sizeof *f);
	uint32_t state = 1;
	for (int64_t i = 0; i < rows * columns; i++) {
		state = state * 1664525u + 1013904223u;
		x[i] = (double)(state >> 25) / 64 - 1;
		f[i] = (float)x[i];
	}
	ck_assert_int_eq(
	    egm_data_copy(&data, context, egm_array_of(dtype, dtype == EGM_F64 ? (void *)x : (void *)f, rows, columns)),
	    EGM_OK);
	free(x);
	free(f);
	return data;
}

/* All parameters of a network as bytes; free() them. */
static inline void *toy_parameters(const egm_model *net)
{
	int64_t n = egm_model_parameter_count(net);
	size_t size = (size_t)n * (egm_model_dtype(net) == EGM_F64 ? 8 : 4);
	void *values = malloc(size);
	ck_assert_int_eq(egm_model_parameters(net, egm_out_of(egm_model_dtype(net), values, n, 1)), EGM_OK);
	return values;
}

#endif
