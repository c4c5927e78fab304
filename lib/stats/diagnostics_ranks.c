/* SPDX-License-Identifier: MIT */
/* Ranks of the draws of all chains together, and the normal scores that replace the draws:
 *     z = Phi^-1((r - 3/8) / (N + 1/4)),   r the rank among N, the mean rank for equal values
 * (Blom 1958; Vehtari et al. 2021, section 4). Scores have a mean and a variance whatever the distribution of the
 * draws, so that R-hat and sample sizes are meaningful for a Cauchy distribution too. */
#include <math.h>
#include <stats/diagnostics_impl.h>

/* Coefficients of a rational function, lowest order first. */
typedef struct rational {
	double numerator[8], denominator[8];
} rational;

/* Wichura 1988, algorithm AS 241, PPND16 (Applied Statistics 37, 477-484): three ranges of |p - 1/2|. */
static const rational central = {
    {3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
     4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3},
    {1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3, 2.1213794301586595867e4,
     3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3}};
static const rational middle = {
    {1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
     1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4},
    {1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1, 1.48103976427480074590e-1,
     1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9}};
static const rational tail = {
    {6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
     2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7},
    {1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2, 7.86869131145613259100e-4,
     1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15}};

static double evaluate(const rational *f, double r)
{
	double a = f->numerator[7], b = f->denominator[7];
	for (int i = 6; i >= 0; i--) {
		a = a * r + f->numerator[i];
		b = b * r + f->denominator[i];
	}
	return a / b;
}

double egm__diagnostics_normal_quantile(double p)
{
	double q = p - 0.5;
	if (fabs(q) <= 0.425) return q * evaluate(&central, 0.180625 - q * q);
	double r = sqrt(-log(q < 0 ? p : 1 - p));
	double x = r <= 5 ? evaluate(&middle, r - 1.6) : evaluate(&tail, r - 5);
	return q < 0 ? -x : x;
}

void egm__diagnostics_scores(const egm__sort_item *sorted, int64_t n, double *scores)
{
	for (int64_t first = 0, end; first < n; first = end) {
		for (end = first + 1; end < n && sorted[end].value == sorted[first].value;) end++;
		double rank = 0.5 * ((double)first + 1 + (double)end); /* mean of first + 1 .. end, counted from 1 */
		double z = egm__diagnostics_normal_quantile((rank - 0.375) / ((double)n + 0.25));
		for (int64_t i = first; i < end; i++) scores[sorted[i].place] = z;
	}
}

/* A merge of two sorted runs: distances from the median fall before it and rise after it, in floating point too. */
void egm__diagnostics_fold(const egm__sort_item *sorted, int64_t n, egm__sort_item *folded)
{
	double median = egm__sort_quantile(sorted, n, 0.5);
	int64_t j = n / 2;
	while (j > 0 && sorted[j - 1].value >= median) j--;
	while (j < n && sorted[j].value < median) j++;
	int64_t i = j - 1;
	for (int64_t k = 0; k < n; k++) {
		double below = i >= 0 ? median - sorted[i].value : INFINITY;
		double above = j < n ? sorted[j].value - median : INFINITY;
		if (i >= 0 && (j == n || below < above))
			folded[k] = (egm__sort_item){below, sorted[i--].place};
		else
			folded[k] = (egm__sort_item){above, sorted[j++].place};
	}
}
