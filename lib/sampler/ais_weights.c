/* SPDX-License-Identifier: MIT */
/* Estimates from the weights of particles. Weights are divided by the largest one, so that exp cannot overflow. A
 * particle whose weight is not finite is lost: it has weight 0 in the mean, and its acceptance is not counted. */
#include <core/status_impl.h>
#include <math.h>
#include <sampler/ais_impl.h>

/* Sets weights that are not finite to 0. Returns the largest log weight; *lost: how many are 0. */
static double find_largest(const egm__ais *a, int64_t *lost)
{
	double most = -INFINITY;
	*lost = 0;
	for (int64_t i = 0; i < a->options.particles; i++) {
		if (!isfinite(a->log_weights[i])) a->log_weights[i] = -INFINITY;
		*lost += !isfinite(a->log_weights[i]);
		if (a->log_weights[i] > most) most = a->log_weights[i];
	}
	return most;
}

egm_status egm__ais_conclude(const egm__ais *a, egm_ais_result *r)
{
	int64_t n = a->options.particles, lost;
	double most = find_largest(a, &lost), sum = 0, squares = 0, spread = 0, accept = 0;
	if (lost == n)
		return egm__fail(EGM_ERR_NONFINITE,
		                 "all %lld particles started at points where energy or gradient of the target is not finite",
		                 (long long)n);
	for (int64_t i = 0; i < n; i++) {
		double w = exp(a->log_weights[i] - most);
		sum += w;
		squares += w * w;
		if (isfinite(a->log_weights[i])) accept += a->accept[i];
	}
	double mean = sum / (double)n;
	for (int64_t i = 0; i < n; i++) {
		double off = exp(a->log_weights[i] - most) - mean;
		spread += off * off;
	}
	r->log_z = most + log(mean);
	r->standard_error = sqrt(spread / (double)(n - 1) / (double)n) / mean;
	r->ess = sum * sum / squares;
	r->acceptance = accept / (double)(n - lost) / (double)(a->options.levels - 1);
	r->lost = lost;
	for (int32_t i = 0; i < a->n_teams; i++) r->gradients += a->teams[i].gradients;
	return EGM_OK;
}
