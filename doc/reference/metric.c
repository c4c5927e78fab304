/* SPDX-License-Identifier: MIT */
/* Metrics: the distance of two samples, and how well a score ranks rows. */
#include <egm.h>
#include <stdio.h>

int main(void)
{
	const double x[4] = {0, 1, 2, 3}, y[3] = {10, 11, 12}, scores[6] = {0.1, 0.4, 0.2, 0.9, 0.7, 0.3};
	const uint8_t positive[6] = {0, 0, 0, 1, 1, 1};
	double distance;
	egm_context *context = NULL;
	egm_ranking ranking = EGM_RANKING_INIT;
	int failed =
	    egm_context_create(&context, NULL) ||
	    egm_metric_energy(context, egm_f64(x, 4, 1), egm_f64(y, 3, 1), EGM_ESTIMATOR_UNBIASED, &distance, NULL, NULL) ||
	    egm_metric_ranking(context, egm_f64(scores, 6, 1), positive, 0, &ranking);
	if (failed)
		fprintf(stderr, "%s\n", egm_last_error());
	else
		printf("energy distance %.1f, AUROC %.3f\n", distance, ranking.auroc);
	egm_context_free(context);
	return failed;
}
