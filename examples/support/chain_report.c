/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>

#include "chains.h"
#include "report.h"

void chain_table(const chain_draws *d, const egm_diagnosis *found, const double *exact_sd,
                 const egm_sampler_statistics *statistics)
{
	printf("      mean   exact    mcse      sd   exact   R-hat  ESS bulk  ESS tail\n");
	for (size_t k = 0; k < d->dims; k++) {
		const egm_diagnosis *f = &found[k];
		printf("x%zu %7.3f %7.3f %7.3f %7.3f %7.3f %7.4f %9.0f %9.0f\n", k, f->mean, 0.0, f->mcse, f->sd, exact_sd[k],
		       f->r_hat, f->ess_bulk, f->ess_tail);
	}
	printf("%s: %zu chains of %zu draws, step size %.4g, %.1f gradients a draw", d->name, d->chains, d->count,
	       statistics->step_size, (double)statistics->gradients / (double)statistics->transitions);
	if (isfinite(statistics->acceptance)) /* ula never rejects */
		printf(", acceptance %.3f, %lld divergences", statistics->acceptance, (long long)statistics->divergences);
	printf("\n");
}

/* Reports one member of the diagnoses, for all dims. */
static void report_member(const char *name, const chain_draws *d, const egm_diagnosis *found, size_t offset)
{
	double values[4];
	for (size_t k = 0; k < d->dims; k++) values[k] = *(const double *)((const char *)&found[k] + offset);
	report_numbers(name, values, d->dims);
}

void chain_report(const chain_draws *d, const egm_diagnosis *found, const double *exact_sd,
                  const egm_sampler_statistics *statistics)
{
	report_open(NULL);
	report_text("kernel", d->name);
	report_integer("chains", (long long)d->chains);
	report_integer("draws", (long long)d->count);
	report_member("mean", d, found, offsetof(egm_diagnosis, mean));
	report_member("mcse", d, found, offsetof(egm_diagnosis, mcse));
	report_member("sd", d, found, offsetof(egm_diagnosis, sd));
	report_member("r_hat", d, found, offsetof(egm_diagnosis, r_hat));
	report_member("ess_bulk", d, found, offsetof(egm_diagnosis, ess_bulk));
	report_member("ess_tail", d, found, offsetof(egm_diagnosis, ess_tail));
	report_numbers("exact_sd", exact_sd, d->dims);
	report_number("acceptance", statistics->acceptance);
	report_number("step_size", statistics->step_size);
	report_integer("gradients", statistics->gradients);
	report_integer("divergences", statistics->divergences);
	report_close();
}
