/* SPDX-License-Identifier: MIT */
#include "nets.h"

const int64_t bench_generator[] = {128, 256, 512, 784, 0}, bench_critic[] = {784, 512, 256, 1, 0};

egm_model *bench_mlp(bench *b, const char *name, const int64_t *widths, int activation, int tanh_last)
{
	egm_model *m = NULL;
	bench_must(egm_model_create(&m, b->context, name, widths[0]));
	for (int i = 1; widths[i]; i++) {
		egm_model_dense(m, widths[i]);
		if (!widths[i + 1]) break;
		if (activation == BENCH_RELU)
			egm_model_relu(m);
		else if (activation == BENCH_LEAKY)
			egm_model_leaky_relu(m, 0.2);
		else
			egm_model_silu(m);
	}
	if (tanh_last) egm_model_tanh(m);
	bench_must(egm_model_build(m, b->dtype, 1));
	return m;
}

double bench_forward(const int64_t *w, double batch, double *first, double *last)
{
	double sum = 0;
	*first = *last = 0;
	for (int i = 1; w[i]; i++) {
		double f = 2 * batch * (double)w[i - 1] * (double)w[i];
		if (i == 1) *first = f;
		*last = f;
		sum += f;
	}
	return sum;
}
