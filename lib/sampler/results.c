/* SPDX-License-Identifier: MIT */
/* What samplers and diagnostics report, member by member. */
#include <core/options_impl.h>
#include <egm/diagnostics.h>
#include <egm/sampler.h>

static const egm_sampler_statistics no_statistics = EGM_SAMPLER_STATISTICS_INIT;
static const egm__option statistics_members[] = {
    EGM__RESULT(egm_sampler_statistics, transitions, "Transitions made."),
    EGM__RESULT(egm_sampler_statistics, gradients, "Evaluations of energy and gradient at one point."),
    EGM__RESULT(egm_sampler_statistics, acceptance, "Mean acceptance probability; NaN without a Metropolis test."),
    EGM__RESULT(egm_sampler_statistics, divergences, "Transitions whose energy error was too large or not finite."),
    EGM__RESULT(egm_sampler_statistics, step_size, "Step size in use, the mean over the chains."),
    EGM__RESULT(egm_sampler_statistics, leapfrogs, "Mean number of leapfrog steps of a transition (hmc, nuts)."),
    EGM__RESULT(egm_sampler_statistics, saturated, "Transitions that reached max_depth (nuts)."),
    EGM__RESULT(egm_sampler_statistics, energy, "Energy where the chains are, the mean over the chains."),
    EGM__RESULT(egm_sampler_statistics, exchange, "Share of accepted exchanges between temperatures (tempered)."),
    EGM__RESULT(egm_sampler_statistics, frozen, "Chains that stand still because a number was not finite."),
};
EGM__OPTIONS(egm__options_sampler_statistics, egm_sampler_statistics, no_statistics, statistics_members);

static const egm_diagnosis no_diagnosis = EGM_DIAGNOSIS_INIT;
static const egm__option diagnosis_members[] = {
    EGM__RESULT(egm_diagnosis, mean, "Mean of the draws."),
    EGM__RESULT(egm_diagnosis, sd, "Standard deviation of the draws."),
    EGM__RESULT(egm_diagnosis, mcse, "Standard error of the mean."),
    EGM__RESULT(egm_diagnosis, r_hat, "Rank-normalised split R-hat; at most 1.01 is good."),
    EGM__RESULT(egm_diagnosis, ess_bulk, "Effective sample size of the rank-normalised draws."),
    EGM__RESULT(egm_diagnosis, ess_tail, "The smaller effective sample size of the 5 % and 95 % quantiles."),
    EGM__RESULT(egm_diagnosis, ess_mean, "Effective sample size of the mean."),
    EGM__RESULT(egm_diagnosis, q05, "5 % quantile."),
    EGM__RESULT(egm_diagnosis, median, "Median."),
    EGM__RESULT(egm_diagnosis, q95, "95 % quantile."),
};
EGM__OPTIONS(egm__options_diagnosis, egm_diagnosis, no_diagnosis, diagnosis_members);
