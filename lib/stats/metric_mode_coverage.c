/* SPDX-License-Identifier: MIT */
/* Which of the known modes samples cover.
 *
 * Rows are counted twice. A row within `radius` sigma of a centre is of high quality, and a mode with enough of these
 * is covered. Each row also counts for its nearest centre at any distance: these shares q give KL(q||w), the "reverse"
 * divergence because the distribution of the generator comes first. KL(w||q) would be infinite whenever a mode has no
 * rows, which `covered` says better. For rows drawn from w, 2 rows KL(q||w) is nearly chi-squared with modes - 1
 * degrees of freedom (Wilks 1938): hence the floor (modes - 1) / (2 rows). */
#include <core/options_impl.h>
#include <math.h>
#include <stats/metric_impl.h>

static const egm_mode_coverage_options defaults = EGM_MODE_COVERAGE_OPTIONS_INIT;
static const egm__option members[] = {
    EGM__ARRAY(egm_mode_coverage_options, weights, "[modes] masses of the modes, with sum 1; NULL: all equal."),
    EGM__POSITIVE(egm_mode_coverage_options, radius,
                  "Largest distance from a centre at which a point is of high quality, in sigma."),
    EGM__WEIGHT(egm_mode_coverage_options, least_points,
                "Least number of points of high quality in a covered mode; 0: 20 for each 10000 rows."),
};
EGM__OPTIONS(egm__options_mode, egm_mode_coverage_options, defaults, members);

static const egm_mode_coverage no_coverage = EGM_MODE_COVERAGE_INIT;
static const egm__option coverage_members[] = {
    EGM__RESULT(egm_mode_coverage, covered, "Number of modes with enough points of high quality."),
    EGM__RESULT(egm_mode_coverage, high_quality, "Share of the rows that are of high quality."),
    EGM__RESULT(egm_mode_coverage, reverse_kl, "KL divergence of the shares of the modes from their weights, in nats."),
    EGM__RESULT(egm_mode_coverage, kl_floor, "Mean of reverse_kl for rows drawn from the weights, in nats."),
};
EGM__OPTIONS(egm__options_mode_coverage, egm_mode_coverage, no_coverage, coverage_members);

static egm_status check(const egm_mode_coverage_options *o, egm_array x, egm_array centers, double sigma)
{
	egm_status st = EGM_OK;
	EGM_TRY(egm__sample_check(x, "x", 0, 0, 1));
	EGM_TRY(egm__sample_check(centers, "centers", EGM_F64, x.columns, 1));
	if (!(sigma > 0) || !isfinite(sigma)) EGM_FAIL(EGM_ERR_ARGUMENT, "sigma is %g, must be above 0 and finite", sigma);
	if (o->weights) EGM_TRY(egm__masses_check("weights", o->weights, centers.rows));
out:
	return st;
}

/* A row, the centers, and sigma times the radius, all times the scale. */
typedef struct search {
	int64_t columns, modes;
	double *row;     /* [columns] */
	double *centers; /* [modes, columns] */
	double limit;
} search;

static int64_t nearest_in(const search *s, double unit, double *squared)
{
	int64_t best = 0;
	*squared = INFINITY;
	for (int64_t c = 0; c < s->modes; c++) {
		double square = egm__squared_distance(s->row, s->centers + c * s->columns, s->columns, unit);
		if (square < *squared) best = c, *squared = square;
	}
	return best;
}

/* A unit for squares that leave the range: by the smallest over the centers of the largest difference in a column. In
 * it the square of the smallest distance is from 1 to 4 columns. */
static double unit_near(const search *s, int64_t *first)
{
	double least = INFINITY;
	for (int64_t c = 0; c < s->modes; c++) {
		double d = egm__largest_difference(s->row, s->centers + c * s->columns, s->columns);
		if (d < least) *first = c, least = d;
	}
	return least == 0 ? 0 : egm__metric_unit(least);
}

/* The mode nearest to the row, and whether it is near. */
static int64_t nearest(const search *s, int *near)
{
	double squared, unit = 1;
	int64_t best = nearest_in(s, 1, &squared);
	if (!egm__square_is_exact(squared)) {
		unit = unit_near(s, &best);
		if (unit > 0)
			best = nearest_in(s, unit, &squared);
		else
			squared = 0; /* the row equals a centre */
	}
	*near = sqrt(squared) <= s->limit * unit || squared == 0;
	return best;
}

static egm_status search_create(search *s, egm_context *context, const egm__points *centers)
{
	s->columns = centers->columns;
	s->modes = centers->rows;
	s->row = egm__alloc(context, (s->modes + 1) * s->columns, sizeof *s->row);
	if (!s->row)
		return egm__fail(EGM_ERR_MEMORY, "no memory for %lld modes of %lld columns", (long long)s->modes,
		                 (long long)s->columns);
	s->centers = s->row + s->columns;
	egm__points_rows(centers, 0, s->modes, s->centers);
	return EGM_OK;
}

/* From the counts of all rows and of good ones, [modes] each, which it overwrites by q and by equal weights. */
static egm_mode_coverage coverage_of(const egm_mode_coverage_options *o, int64_t rows, int64_t modes, double *all,
                                     double *good)
{
	egm_mode_coverage r = {.struct_size = sizeof r, .high_quality = 0};
	double least = o->least_points > 0 ? (double)o->least_points : 20 * (double)rows / 10000;
	for (int64_t c = 0; c < modes; c++) {
		r.high_quality += good[c] / (double)rows;
		r.covered += good[c] >= least;
		all[c] /= (double)rows;
		good[c] = 1 / (double)modes;
	}
	r.reverse_kl = egm__masses_kl(all, o->weights ? o->weights : good, modes);
	r.kl_floor = ((double)modes - 1) / (2 * (double)rows);
	return r;
}

egm_status egm_metric_mode_coverage(egm_context *context, egm_array x, egm_array centers, double sigma,
                                    const egm_mode_coverage_options *options, egm_mode_coverage *coverage)
{
	egm_status st = EGM_OK;
	egm__points points[2];
	egm_mode_coverage_options o;
	egm_mode_coverage result;
	search where = {0};
	double *all = NULL, *good;
	if (!context || !coverage)
		return egm__named(__func__, egm__fail(EGM_ERR_ARGUMENT, "%s is NULL", context ? "coverage" : "context"));
	EGM_TRY(egm__options_check(&egm__options_mode, &o, options));
	EGM_TRY(egm__result_check("egm_mode_coverage", coverage));
	EGM_TRY(check(&o, x, centers, sigma));
	all = egm__alloc_zero(context, centers.rows, 2 * sizeof *all);
	if (!all) EGM_FAIL(EGM_ERR_MEMORY, "no memory for %lld modes", (long long)centers.rows);
	good = all + centers.rows;
	where.limit = o.radius * (sigma * egm__points_create(points, x, centers));
	EGM_TRY(search_create(&where, context, &points[1]));
	for (int64_t i = 0; i < x.rows; i++) {
		int near;
		egm__points_rows(points, i, 1, where.row);
		int64_t mode = nearest(&where, &near);
		all[mode]++;
		good[mode] += near;
	}
	result = coverage_of(&o, x.rows, centers.rows, all, good);
	EGM_TRY(egm__options_init("egm_mode_coverage", coverage, coverage->struct_size, &result, sizeof result));
out:
	egm__free(context, all);
	egm__free(context, where.row);
	return egm__named(__func__, st);
}
