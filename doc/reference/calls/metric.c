/* SPDX-License-Identifier: MIT */
#include "support.h"

int main(void)
{
	/* Two samples: points of a circle, and the same circle moved to the right by 1. */
	static float x[200][2], y[200][2];
	for (int i = 0; i < 200; i++) {
		x[i][0] = cosf(0.1f * i), x[i][1] = sinf(0.1f * i);
		y[i][0] = x[i][0] + 1, y[i][1] = x[i][1];
	}
	egm_context *context = NULL;
	check(egm_context_create(&context, NULL));

	/* Shares of the rows in 4 x 4 cells of [-2, 2] x [-2, 2]. The last element is the share outside. */
	const double lower[2] = {-2, -2}, upper[2] = {2, 2};
	const int64_t bins[2] = {4, 4};
	double p[17], q[17];
	check(egm_metric_histogram(egm_f32(x[0], 200, 2), lower, upper, bins, egm_f64_out(p, 17, 1)));
	check(egm_metric_histogram(egm_f32(y[0], 200, 2), lower, upper, bins, egm_f64_out(q, 17, 1)));
	expect(p[16] == 0);

	/* KL is infinite where q is 0 and p is not: here in the cells at the left. */
	double kl;
	check(egm_metric_kl(egm_f64(p, 17, 1), egm_f64(q, 17, 1), &kl));
	expect(isinf(kl));

	/* The Jensen-Shannon divergence is always finite, at most log 2. */
	double js;
	check(egm_metric_js(egm_f64(p, 17, 1), egm_f64(q, 17, 1), &js));
	expect(0 < js && js < log(2));

	/* Jeffreys' divergence of two pairs of shares: (3/4 - 1/2) log(3/2) + (1/4 - 1/2) log(1/2) = log(3) / 4. */
	const double even[2] = {0.5, 0.5}, uneven[2] = {0.75, 0.25};
	double jeffreys;
	check(egm_metric_jeffreys(egm_f64(even, 2, 1), egm_f64(uneven, 2, 1), &jeffreys));
	expect(fabs(jeffreys - log(3) / 4) < 1e-12);

	/* The bandwidth once, from the data, so that the distances of several models can be compared. */
	double bandwidth, mmd;
	check(egm_metric_median(context, egm_f32(x[0], 200, 2), egm_no_array(), &bandwidth));
	egm_mmd_options options = EGM_MMD_OPTIONS_INIT;
	options.bandwidths = &bandwidth;
	options.bandwidth_count = 1;
	check(egm_metric_mmd(context, egm_f32(x[0], 200, 2), egm_f32(y[0], 200, 2), &options, &mmd, NULL, NULL));
	expect(mmd > 0);

	/* The energy distance has nothing to choose. */
	double distance;
	check(egm_metric_energy(context, egm_f32(x[0], 200, 2), egm_f32(y[0], 200, 2), EGM_ESTIMATOR_UNBIASED, &distance,
	                        NULL, NULL));
	expect(distance > 0);

	/* By 1 in the direction t the samples differ by |t_1|; the root of the mean square over the circle is sqrt(1/2). */
	double sliced;
	egm_sliced_options many = EGM_SLICED_OPTIONS_INIT;
	many.projections = 1000;
	check(egm_metric_sliced(context, egm_f32(x[0], 200, 2), egm_f32(y[0], 200, 2), &many, &sliced, NULL, NULL));
	expect(fabs(sliced - sqrt(0.5)) < 0.1); /* the mean square of 1000 directions has the standard deviation 0.011 */

	/* Equal covariances: what remains is the squared distance of the means. */
	double frechet;
	check(egm_metric_frechet(context, egm_f32(x[0], 200, 2), egm_f32(y[0], 200, 2), &frechet, NULL, NULL));
	expect(fabs(frechet - 1) < 1e-4);

	/* Which of two known modes the first sample covers, with standard deviation 0.3 each. */
	const double centers[2][2] = {{1, 0}, {5, 5}};
	egm_mode_coverage coverage = EGM_MODE_COVERAGE_INIT;
	check(egm_metric_mode_coverage(context, egm_f32(x[0], 200, 2), egm_f64(centers[0], 2, 2), 0.3, NULL, &coverage));
	expect(coverage.covered == 1);

	/* How well scores find the positive rows: here they are the three highest. */
	const double scores[6] = {0.1, 0.4, 0.2, 0.9, 0.7, 0.5};
	const uint8_t positive[6] = {0, 0, 0, 1, 1, 1};
	egm_ranking ranking = EGM_RANKING_INIT;
	check(egm_metric_ranking(context, egm_f64(scores, 6, 1), positive, 0, &ranking));
	expect(ranking.auroc == 1 && ranking.f1 == 1);

	printf("MMD^2 %.2f, energy distance %.2f, sliced Wasserstein %.2f, Frechet %.2f\n", mmd, distance, sliced, frechet);
	egm_context_free(context);
	return 0;
}
