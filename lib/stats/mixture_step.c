/* SPDX-License-Identifier: MIT */
/* A step of expectation-maximisation (Dempster, Laird, Rubin 1977) by the formulas of egm_mixture_step.
 *
 * One pass computes the responsibilities and sums them up: n_k, mean and scatter about that mean. Each block of rows is
 * summed about its own mean and merged (Chan, Golub, LeVeque 1979): for two groups with n, n' rows and delta = m' - m
 *
 *     m <- m + delta n' / (n + n'),   S <- S + S' + delta delta^T n n' / (n + n').
 *
 * E x^2 - (E x)^2 in one pass would lose all digits of data far from 0, and a second pass over the data would cost the
 * responsibilities again. */
#include <core/status_impl.h>
#include <float.h>
#include <math.h>
#include <stats/mixture_impl.h>
#include <string.h>

enum { BLOCK = EGM__MIXTURE_BLOCK };

static void clear_sums(const egm_mixture *m, egm__mixture_sums *s)
{
	const size_t n = (size_t)m->options.components;
	s->log_likelihood = 0;
	s->zero_row = -1;
	memset(s->count, 0, n * sizeof *s->count);
	memset(s->mean, 0, n * (size_t)m->dims * sizeof *s->mean);
	memset(s->scatter, 0, n * (size_t)m->spread * sizeof *s->scatter);
}

/* Merges count and mean of another group into those of component k, and adds the scatter that this makes. */
static void merge(const egm_mixture *m, egm__mixture_sums *s, int64_t k, double count, const double *restrict mean)
{
	const int64_t d = m->dims;
	const double total = s->count[k] + count, share = count / total;
	double *restrict own = s->mean + k * d, *restrict scatter = s->scatter + k * m->spread;
	for (int64_t i = 0; i < d; i++) {
		const double delta = mean[i] - own[i], weight = s->count[k] * share * delta;
		if (m->spread == d) scatter[i] += weight * delta;
		for (int64_t j = 0; j <= i && m->spread != d; j++) scatter[i * d + j] += weight * (mean[j] - own[j]);
	}
	for (int64_t i = 0; i < d; i++) own[i] += (mean[i] - own[i]) * share;
	s->count[k] = total;
}

/* Scatter of the block about its own mean: z = x - mean in y, r z in `weighted`. */
static void add_scatter(const egm_mixture *m, egm__mixture_part *part, const double *restrict share,
                        double *restrict scatter)
{
	const int64_t d = m->dims, rows = part->block.rows;
	double weighted[BLOCK];
	for (int64_t i = 0; i < d; i++) {
		const double *restrict x = part->block.x + i * BLOCK, mean = part->sums.block_mean[i];
		double *z = part->block.y + i * BLOCK;
		for (int64_t r = 0; r < rows; r++) z[r] = x[r] - mean;
		for (int64_t r = 0; r < rows; r++) weighted[r] = share[r] * z[r];
		if (m->spread == d) scatter[i] += m->table->dot(rows, weighted, z);
		for (int64_t j = 0; j <= i && m->spread != d; j++)
			scatter[i * d + j] += m->table->dot(rows, weighted, part->block.y + j * BLOCK);
	}
}

static void add_component(const egm_mixture *m, egm__mixture_part *part, int64_t k)
{
	egm__mixture_sums *s = &part->sums;
	const double *share = part->block.shares + k * BLOCK, count = m->table->sum(part->block.rows, share);
	if (!(count >= DBL_MIN)) return;
	for (int64_t i = 0; i < m->dims; i++)
		s->block_mean[i] = m->table->dot(part->block.rows, share, part->block.x + i * BLOCK) / count;
	add_scatter(m, part, share, s->scatter + k * m->spread);
	merge(m, s, k, count, s->block_mean);
}

/* log p and shares times the weights of the rows; 0 for a row of weight 0, also if its log p is infinite. */
static void apply_weights(const egm_mixture *m, const egm__mixture_data *data, egm__mixture_block *b, int64_t first)
{
	for (int64_t r = 0; r < b->rows && data->weights; r++) {
		const double w = egm__mixture_weight(data, first + r);
		b->log_density[r] = w > 0 ? w * b->log_density[r] : 0;
		for (int64_t k = 0; k < m->options.components; k++) {
			double *share = b->shares + k * BLOCK + r;
			*share = w > 0 ? w * *share : 0;
		}
	}
}

static void add_block(const egm__mixture_pass *pass, egm__mixture_part *part, int64_t first)
{
	const egm_mixture *m = pass->mixture;
	egm__mixture_block *b = &part->block;
	apply_weights(m, pass->data, b, first);
	part->sums.log_likelihood += m->table->sum(b->rows, b->log_density);
	for (int64_t r = 0; r < b->rows && part->sums.zero_row < 0; r++)
		if (!isfinite(b->log_density[r])) part->sums.zero_row = first + r;
	for (int64_t k = 0; k < m->options.components && part->sums.zero_row < 0; k++) add_component(m, part, k);
}

static void add_part(const egm_mixture *m, egm__mixture_sums *s, const egm__mixture_sums *other)
{
	s->log_likelihood += other->log_likelihood;
	if (s->zero_row < 0) s->zero_row = other->zero_row;
	for (int64_t k = 0; k < m->options.components; k++) {
		if (!(other->count[k] > 0)) continue;
		m->table->accumulate(m->spread, s->scatter + k * m->spread, other->scatter + k * m->spread);
		merge(m, s, k, other->count[k], other->mean + k * m->dims);
	}
}

egm_status egm__mixture_zero_density(int64_t row)
{
	return egm__fail(EGM_ERR_NONFINITE,
	                 "the density of row %lld is 0, must be above 0: the row is too far from every component",
	                 (long long)row);
}

egm_status egm__mixture_expect(egm__mixture_pass *pass, double *log_likelihood)
{
	const egm_mixture *m = pass->mixture;
	egm__mixture_sums *s = &pass->parts[0].sums;
	pass->visit = add_block;
	for (int32_t p = 0; p < pass->n_parts; p++) clear_sums(m, &pass->parts[p].sums);
	egm__mixture_pass_run(pass);
	for (int32_t p = 1; p < pass->n_parts; p++) add_part(m, s, &pass->parts[p].sums);
	*log_likelihood = s->log_likelihood / pass->data->total;
	return s->zero_row < 0 ? EGM_OK : egm__mixture_zero_density(s->zero_row);
}

static void next_weights(egm_mixture *m, const double *count)
{
	double total = 0;
	const int64_t n = m->options.components;
	for (int64_t k = 0; k < n; k++) total += m->next.weights[k] = egm__mixture_has_rows(count[k]) ? count[k] : 0;
	for (int64_t k = 0; k < n; k++) m->next.weights[k] /= total;
}

/* Raises the eigenvalues of S_k as mixture_factor.c derives, in coordinates whose floor is 1. work: 3 spread. */
static void apply_floors(const egm_mixture *m, double *c, double *work)
{
	const int64_t d = m->dims;
	double *scaled = work + 2 * m->spread;
	for (int64_t i = 0; i < d; i++)
		for (int64_t j = 0; j <= i; j++)
			scaled[i * d + j] = scaled[j * d + i] = c[i * d + j] / sqrt(m->floors[i]) / sqrt(m->floors[j]);
	if (!egm__mixture_raise_eigenvalues(d, scaled, 1, work)) return;
	for (int64_t i = 0; i < d; i++)
		for (int64_t j = 0; j <= i; j++)
			c[i * d + j] = c[j * d + i] = scaled[i * d + j] * sqrt(m->floors[i]) * sqrt(m->floors[j]);
}

/* S_k about `mean`, which differs from that of the sums if means are fixed. */
static void full_covariance(const egm_mixture *m, const egm__mixture_sums *s, int64_t k, const double *mean, double *c,
                            double *spare)
{
	const int64_t d = m->dims;
	const double *own = s->mean + k * d, *scatter = s->scatter + k * m->spread;
	for (int64_t i = 0; i < d; i++)
		for (int64_t j = 0; j <= i; j++)
			c[i * d + j] = c[j * d + i] = scatter[i * d + j] / s->count[k] + (own[i] - mean[i]) * (own[j] - mean[j]);
	apply_floors(m, c, spare);
}

static void diagonal_covariance(const egm_mixture *m, const egm__mixture_sums *s, int64_t k, const double *mean,
                                double *c)
{
	const int64_t d = m->dims;
	const double *own = s->mean + k * d, *scatter = s->scatter + k * d;
	double sum = 0;
	for (int64_t i = 0; i < d; i++) sum += c[i] = scatter[i] / s->count[k] + (own[i] - mean[i]) * (own[i] - mean[i]);
	for (int64_t i = 0; i < d; i++) {
		if (m->options.covariance == EGM_COVARIANCE_SPHERICAL) c[i] = sum / (double)d;
		if (c[i] < m->floors[i]) c[i] = m->floors[i];
	}
}

static void next_component(egm_mixture *m, const egm__mixture_sums *s, int64_t k, double *spare)
{
	const int32_t fixed = m->options.fixed;
	double *mean = m->next.means + k * m->dims, *c = m->next.covariances + k * m->spread;
	if (!(fixed & EGM_MIXTURE_FIX_MEANS)) memcpy(mean, s->mean + k * m->dims, (size_t)m->dims * sizeof *mean);
	if (fixed & EGM_MIXTURE_FIX_COVARIANCES) return;
	if (m->options.covariance == EGM_COVARIANCE_FULL)
		full_covariance(m, s, k, mean, c, spare);
	else
		diagonal_covariance(m, s, k, mean, c);
}

egm_status egm__mixture_maximise(egm_mixture *m, const egm__mixture_pass *pass)
{
	const egm__mixture_sums *s = &pass->parts[0].sums;
	const int64_t n = m->options.components;
	const egm__mixture_numbers now = m->now;
	memcpy(m->next.weights, now.weights, (size_t)(n * (1 + m->dims + m->spread)) * sizeof *now.weights);
	if (!(m->options.fixed & EGM_MIXTURE_FIX_WEIGHTS)) next_weights(m, s->count);
	for (int64_t k = 0; k < n; k++)
		if (egm__mixture_has_rows(s->count[k])) next_component(m, s, k, pass->spare);
	int64_t bad = egm__mixture_factorise(m, &m->next);
	if (bad >= 0)
		return egm__fail(EGM_ERR_ARGUMENT,
		                 "the covariance of component %lld cannot be inverted, covariance_floor is %g, must be larger",
		                 (long long)bad, egm__mixture_least_floor(m));
	m->now = m->next;
	m->next = now;
	m->version++;
	return EGM_OK;
}

static egm_status step(egm_mixture *m, const egm__mixture_data *data, double *log_likelihood)
{
	egm_status st = EGM_OK;
	egm__mixture_pass pass = {0};
	double mean_log_p;
	int lacks_floors = !(m->floors[0] > 0);
	EGM_TRY(egm__mixture_pass_create(&pass, m, data, 1));
	EGM_TRY(egm__mixture_expect(&pass, &mean_log_p));
	if (lacks_floors && !(m->options.fixed & EGM_MIXTURE_FIX_COVARIANCES)) EGM_TRY(egm__mixture_find_units(m, data));
	EGM_TRY(egm__mixture_maximise(m, &pass));
	if (log_likelihood) *log_likelihood = mean_log_p;
out:
	if (st != EGM_OK && lacks_floors) memset(m->floors, 0, (size_t)m->dims * sizeof *m->floors);
	egm__mixture_pass_clear(&pass);
	return st;
}

egm_status egm_mixture_step(egm_mixture *mixture, egm_array x, egm_array row_weights, double *log_likelihood)
{
	egm__mixture_data data;
	egm_status st = egm__mixture_take(mixture, &data, x, row_weights);
	return egm__named(__func__, st == EGM_OK ? step(mixture, &data, log_likelihood) : st);
}
