/* SPDX-License-Identifier: MIT */
/* Patches copies what each window of a convolution reads (im2col); fold adds windows up to images (col2im). Both are
 * linear and each is the adjoint of the other. Every convolution, every transposed convolution and their derivatives of
 * any order are therefore patches, fold and products of matrices. Factors move from the input to the output. */
#include <core/size_impl.h>
#include <graph/op_impl.h>

static egm__window window_of(const egm__node *n)
{
	const int64_t *a = n->a;
	return (egm__window){
	    {(int32_t)a[0], (int32_t)a[1]}, {(int32_t)a[2], (int32_t)a[3]}, {(int32_t)a[4], (int32_t)a[5]}};
}

egm__id egm__emit_image(egm__graph *g, const egm__op *op, egm__id x, const egm__window *w, int64_t height,
                        int64_t width)
{
	egm__node n = {.op = op, .n_in = 1, .in = {x}, .shape = {4, {1, height, width, 1}}};
	for (int i = 0; i < 2; i++) n.a[i] = w->kernel[i], n.a[2 + i] = w->stride[i], n.a[4 + i] = w->padding[i];
	return egm__emit(g, &n);
}

static egm_status check_window(const char *name, const egm__window *w, int64_t h, int64_t width)
{
	const int32_t *k = w->kernel, *s = w->stride, *p = w->padding;
	if (k[0] < 1 || k[1] < 1)
		return egm__fail(EGM_ERR_SHAPE, "%s: the kernel is %d x %d; must be at least 1 x 1", name, k[0], k[1]);
	if (s[0] < 1 || s[1] < 1)
		return egm__fail(EGM_ERR_SHAPE, "%s: the stride is %d x %d; must be at least 1 x 1", name, s[0], s[1]);
	if (p[0] < 0 || p[1] < 0)
		return egm__fail(EGM_ERR_SHAPE, "%s: the padding is %d x %d; must be at least 0 x 0", name, p[0], p[1]);
	if (h < 1 || width < 1)
		return egm__fail(EGM_ERR_SHAPE, "%s: the image is %lld x %lld; must be at least 1 x 1", name, (long long)h,
		                 (long long)width);
	if (k[0] > h + 2 * (int64_t)p[0] || k[1] > width + 2 * (int64_t)p[1])
		return egm__fail(EGM_ERR_SHAPE,
		                 "%s: the kernel is %d x %d; must fit into the image of %lld x %lld with padding %d x %d", name,
		                 k[0], k[1], (long long)h, (long long)width, p[0], p[1]);
	return EGM_OK;
}

egm_status egm__image_of(const egm__node *n, const egm__shape *image, egm__image *out)
{
	egm__window w = window_of(n);
	int64_t h = image->d[1], width = image->d[2], area;
	egm_status st = check_window(n->op->name, &w, h, width);
	if (st != EGM_OK) return st;
	*out = (egm__image){.n = image->d[0], .h = h, .w = width, .c = image->d[3], .window = w};
	out->oh = (h + 2 * (int64_t)w.padding[0] - w.kernel[0]) / w.stride[0] + 1;
	out->ow = (width + 2 * (int64_t)w.padding[1] - w.kernel[1]) / w.stride[1] + 1;
	egm__shape patches = {4, {out->n, out->oh, out->ow, 1}};
	if (egm__size_mul(w.kernel[0], w.kernel[1], &area) || egm__size_mul(area, out->c, &patches.d[3]) ||
	    egm__shape_count(&patches) > EGM__MOST_ELEMENTS)
		return egm__fail(EGM_ERR_SHAPE,
		                 "%s: there are %lld x %lld x %lld windows of %d x %d x %lld; must be at most 2^48 numbers",
		                 n->op->name, (long long)out->n, (long long)out->oh, (long long)out->ow, w.kernel[0],
		                 w.kernel[1], (long long)out->c);
	return EGM_OK;
}

/* If a window is one pixel, or one window is the whole image, the numbers and their order stay the same. */
static int is_reshape(const egm__image *m)
{
	const egm__window *w = &m->window;
	if (w->padding[0] || w->padding[1]) return 0;
	int pixel = w->kernel[0] == 1 && w->kernel[1] == 1 && m->oh == m->h && m->ow == m->w;
	return pixel || (w->kernel[0] == m->h && w->kernel[1] == m->w);
}

static egm__id simplify_linear(egm__graph *g, const egm__node *n, const egm__shape *image)
{
	double c;
	egm__id x = n->in[0];
	egm__image m;
	egm_status st = egm__image_of(n, image, &m);
	EGM_INVARIANT(st == EGM_OK);
	(void)st;
	if (is_reshape(&m)) return egm__reshape(g, x, n->shape);
	if (egm__is_const(g, x, &c) && c == 0) return egm__const(g, 0, n->shape);
	egm__id y = egm__split_scale(g, x, &c);
	return y == x ? EGM__NONE : egm__scale(g, egm__emit_like(g, n, y), c);
}

/* Calls `move` for every element of a window that is inside the image, with its index in the windows and its index in
 * the image. */
static void each_element(const egm__image *m, const egm__eval *e, void (*move)(const egm__eval *, int64_t, int64_t))
{
	const egm__window *w = &m->window;
	int64_t at = 0, windows = m->oh * m->ow, area = (int64_t)w->kernel[0] * w->kernel[1];
	for (int64_t i = 0; i < m->n * windows; i++)
		for (int64_t k = 0; k < area; k++)
			for (int64_t c = 0; c < m->c; c++, at++) {
				int64_t y = i % windows / m->ow * w->stride[0] - w->padding[0] + k / w->kernel[1];
				int64_t x = i % m->ow * w->stride[1] - w->padding[1] + k % w->kernel[1];
				if (y < 0 || y >= m->h || x < 0 || x >= m->w) continue;
				move(e, at, ((i / windows * m->h + y) * m->w + x) * m->c + c);
			}
}

static void eval_with(const egm__eval *e, const egm__shape *image, void (*move)(const egm__eval *, int64_t, int64_t))
{
	egm__image m;
	int64_t count = egm__shape_count(&e->node->shape);
	if (egm__image_of(e->node, image, &m) != EGM_OK) return;
	for (int64_t i = 0; i < count; i++) e->out[i] = 0;
	each_element(&m, e, move);
}

/* ---- patches */

static egm_status patches_shape(const egm__graph *g, egm__node *n)
{
	const egm__shape *x = egm__graph_shape(g, n->in[0]);
	egm__image m;
	char text[64];
	if (x->rank != 4)
		return egm__fail(EGM_ERR_SHAPE, "patches: the shape of the input is %s; must be [n, height, width, channels]",
		                 egm__shape_text(x, text));
	egm_status st = egm__image_of(n, x, &m);
	if (st != EGM_OK) return st;
	n->shape = (egm__shape){4, {m.n, m.oh, m.ow, m.window.kernel[0] * (int64_t)m.window.kernel[1] * m.c}};
	return EGM_OK;
}

static egm__id patches_simplify(egm__graph *g, const egm__node *n)
{
	return simplify_linear(g, n, egm__graph_shape(g, n->in[0]));
}

static void read_element(const egm__eval *e, int64_t window, int64_t image)
{
	e->out[window] = e->in[0][image];
}

static void patches_eval(const egm__eval *e)
{
	eval_with(e, e->in_shape[0], read_element);
}

static egm__id patches_adjoint(egm__graph *g, egm__id y, egm__id ybar, int which)
{
	const egm__node *n = egm__node_at(g, y);
	const egm__shape *x = egm__graph_shape(g, n->in[0]);
	egm__window w = window_of(n);
	return egm__fold(g, ybar, &w, x->d[1], x->d[2]);
}

const egm__op egm__op_patches = {.name = "patches",
                                 .cls = EGM__CLASS_IMAGE,
                                 .shape = patches_shape,
                                 .simplify = patches_simplify,
                                 .eval = patches_eval,
                                 .adjoint = patches_adjoint};

egm__id egm__patches(egm__graph *g, egm__id x, const egm__window *w)
{
	return egm__emit_image(g, &egm__op_patches, x, w, 0, 0);
}

/* ---- fold. Before the shape rule runs, shape.d[1] and shape.d[2] are height and width. */

static egm_status fold_shape(const egm__graph *g, egm__node *n)
{
	const egm__shape *p = egm__graph_shape(g, n->in[0]);
	egm__shape image = {4, {p->d[0], n->shape.d[1], n->shape.d[2], 1}};
	egm__image m;
	char text[64];
	if (p->rank != 4)
		return egm__fail(EGM_ERR_SHAPE,
		                 "fold: the shape of the input is %s; must be [n, rows of windows, windows of a row, elements]",
		                 egm__shape_text(p, text));
	egm_status st = egm__image_of(n, &image, &m);
	if (st != EGM_OK) return st;
	int64_t area = m.window.kernel[0] * (int64_t)m.window.kernel[1];
	if (p->d[1] != m.oh || p->d[2] != m.ow || p->d[3] % area)
		return egm__fail(
		    EGM_ERR_SHAPE,
		    "fold: the shape of the input is %s; must have %lld x %lld windows of %d x %d, those of %lld x %lld images",
		    egm__shape_text(p, text), (long long)m.oh, (long long)m.ow, m.window.kernel[0], m.window.kernel[1],
		    (long long)m.h, (long long)m.w);
	image.d[3] = p->d[3] / area;
	n->shape = image;
	return EGM_OK;
}

static egm__id fold_simplify(egm__graph *g, const egm__node *n)
{
	return simplify_linear(g, n, &n->shape);
}

static void add_element(const egm__eval *e, int64_t window, int64_t image)
{
	e->out[image] += e->in[0][window];
}

static void fold_eval(const egm__eval *e)
{
	eval_with(e, &e->node->shape, add_element);
}

static egm__id fold_adjoint(egm__graph *g, egm__id y, egm__id ybar, int which)
{
	egm__window w = window_of(egm__node_at(g, y));
	return egm__patches(g, ybar, &w);
}

const egm__op egm__op_fold = {.name = "fold",
                              .cls = EGM__CLASS_IMAGE,
                              .shape = fold_shape,
                              .simplify = fold_simplify,
                              .eval = fold_eval,
                              .adjoint = fold_adjoint};

egm__id egm__fold(egm__graph *g, egm__id p, const egm__window *w, int64_t height, int64_t width)
{
	return egm__emit_image(g, &egm__op_fold, p, w, height, width);
}
