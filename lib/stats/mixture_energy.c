/* SPDX-License-Identifier: MIT */
/* The energy U = -log p of rows with its gradient
 *
 *     dU/dx = sum_k r_k C_k^-1 (x - m_k) = sum_k L_k^-T (r_k y_k),   y_k = L_k^-1 (x - m_k).
 *
 * y_k is computed once for U and again for the gradient, when the r_k are known: storing it would take as many times
 * the memory as there are components. */
#include <core/status_impl.h>
#include <stats/mixture_impl.h>
#include <string.h>
#include <tensor/shape_impl.h>

enum { BLOCK = EGM__MIXTURE_BLOCK };

/* y <- L^-T y */
static void unwhiten_full(int64_t dims, const double *l, egm__mixture_block *b)
{
	for (int64_t i = dims - 1; i >= 0; i--) {
		double *y = b->y + i * BLOCK, pivot = 1 / l[i * dims + i];
		for (int64_t j = i + 1; j < dims; j++) {
			const double factor = l[j * dims + i], *restrict later = b->y + j * BLOCK;
			for (int64_t r = 0; r < b->rows; r++) y[r] -= factor * later[r];
		}
		for (int64_t r = 0; r < b->rows; r++) y[r] *= pivot;
	}
}

static void unwhiten_diagonal(int64_t dims, const double *deviations, egm__mixture_block *b)
{
	for (int64_t i = 0; i < dims; i++) {
		double *y = b->y + i * BLOCK, scale = 1 / deviations[i];
		for (int64_t r = 0; r < b->rows; r++) y[r] *= scale;
	}
}

/* gradient [dims][BLOCK] += r_k C_k^-1 (x - m_k) */
static void add_component(const egm_mixture *m, egm__mixture_block *b, int64_t k, double *restrict gradient)
{
	const double *factor = m->now.factors + k * m->spread, *restrict share = b->shares + k * BLOCK;
	egm__mixture_whiten(m, b, k);
	for (int64_t i = 0; i < m->dims; i++)
		for (int64_t r = 0; r < b->rows; r++) b->y[i * BLOCK + r] *= share[r];
	(m->options.covariance == EGM_COVARIANCE_FULL ? unwhiten_full : unwhiten_diagonal)(m->dims, factor, b);
	for (int64_t i = 0; i < m->dims; i++)
		for (int64_t r = 0; r < b->rows; r++) gradient[i * BLOCK + r] += b->y[i * BLOCK + r];
}

static void energy_of_block(const egm_mixture *m, egm__mixture_block *b, egm_dtype dtype, int64_t first, void *energies,
                            void *gradients, double *work)
{
	egm__mixture_evaluate(m, b);
	for (int64_t r = 0; r < b->rows; r++) egm__number_put(dtype, energies, first + r, -b->log_density[r]);
	if (!gradients) return;
	memset(work, 0, (size_t)(BLOCK * m->dims) * sizeof *work);
	for (int64_t k = 0; k < m->options.components; k++)
		if (m->now.weights[k] > 0) add_component(m, b, k, work);
	for (int64_t r = 0; r < b->rows; r++)
		for (int64_t i = 0; i < m->dims; i++)
			egm__number_put(dtype, gradients, (first + r) * m->dims + i, work[i * BLOCK + r]);
}

int64_t egm__mixture_energy_count(const egm_mixture *m)
{
	return egm__mixture_block_count(m) + BLOCK * m->dims;
}

void egm__mixture_energy(const egm_mixture *m, egm_dtype dtype, int64_t rows, const void *x, void *energies,
                         void *gradients, double *memory)
{
	egm__mixture_block b;
	egm__mixture_block_lay(m, &b, memory);
	for (int64_t first = 0; first < rows; first += BLOCK) {
		egm__mixture_block_load(m, &b, dtype, x, first, rows - first < BLOCK ? rows - first : BLOCK);
		energy_of_block(m, &b, dtype, first, energies, gradients, memory + egm__mixture_block_count(m));
	}
}

static int energy(int64_t rows, egm_dtype dtype, const void *x, void *energies, void *gradients, const egm_mixture *m)
{
	double *memory = egm__alloc(m->context, egm__mixture_energy_count(m), sizeof *memory);
	if (!memory) {
		egm__fail(EGM_ERR_MEMORY, "no memory for energies in %lld dimensions", (long long)m->dims);
		return 1;
	}
	egm__mixture_energy(m, dtype, rows, x, energies, gradients, memory);
	egm__free(m->context, memory);
	return 0;
}

int egm__mixture_energy_f32(int64_t rows, const void *x, void *energies, void *gradients, void *user)
{
	return energy(rows, EGM_F32, x, energies, gradients, user);
}

int egm__mixture_energy_f64(int64_t rows, const void *x, void *energies, void *gradients, void *user)
{
	return energy(rows, EGM_F64, x, energies, gradients, user);
}
