/* SPDX-License-Identifier: MIT */
/* The order of numbers in PyTorch: which rows are images, and where the file then has each element of a tensor. */
#include <string.h>

#include <core/status_impl.h>
#include <io/restore_impl.h>

/* ---- rows that are images */

/* An image of one pixel or one channel has the same order in both programs, as a row has. */
static egm__geometry order_of(egm__geometry g)
{
	return g.height * g.width == 1 || g.channels == 1 ? (egm__geometry){0} : g;
}

static int same(egm__geometry a, egm__geometry b)
{
	return a.height == b.height && a.width == b.width && a.channels == b.channels;
}

/* Whether the layer maps a row, number by number, to a row in the same order. */
static int keeps_row(const egm__layer *layer)
{
	return !layer->in.channels && !layer->out.channels && !layer->kind->drawn;
}

/* The row that layer `last` reads is the image g, and so are the rows before it up to the layer that makes them. */
static void propagate_back(egm__restore_order *orders, const egm_model *model, int32_t last, egm__geometry g)
{
	orders[last].in = g;
	for (int32_t l = last - 1; l >= 0; l--) {
		orders[l].out = g;
		if (!keeps_row(&model->layers[l])) break;
		orders[l].in = g;
	}
}

egm_status egm__restore_orders(egm__restore_order *orders, const egm_model *model, const char *path)
{
	egm__geometry row = {0}; /* the image that the current row is */
	int known = 0;           /* the row comes from an image; another one may still become an image */
	for (int32_t l = 0; l < model->n_layers; l++) {
		const egm__layer *layer = &model->layers[l];
		int reshapes = strcmp(layer->kind->name, "image") == 0;
		if (layer->in.channels) {
			row = order_of(layer->in);
			known = 1;
		}
		if (reshapes && known && !same(row, order_of(layer->out)))
			return egm__fail(
			    EGM_ERR_UNSUPPORTED,
			    "%s: layer %d (image) of model '%s' reads the numbers of an image as one of another shape, "
			    "which PyTorch does in another order",
			    path, (int)l, model->name);
		if (reshapes && !known) propagate_back(orders, model, l, order_of(layer->out));
		if (!reshapes) orders[l].in = row;
		if (layer->kind->drawn) {
			row = (egm__geometry){0};
			known = 0;
		}
		orders[l].out = row;
	}
	return EGM_OK;
}

/* ---- the order of a tensor */

static int is_convolution(const egm__tensor *t)
{
	return t->rank == 4;
}

int egm__restore_is_norm(const egm__layer *layer)
{
	return strcmp(layer->kind->name, "layer_norm") == 0;
}

int32_t egm__restore_shape(int64_t shape[4], const egm__layer *layer, const egm__tensor *t, int pytorch)
{
	(void)layer;
	memcpy(shape, t->shape, sizeof t->shape);
	if (pytorch && is_convolution(t)) {
		shape[1] = t->shape[3];
		shape[2] = t->shape[1];
		shape[3] = t->shape[2];
	}
	return t->rank;
}

/* The kernel of a convolution as an image. */
static egm__geometry kernel_of(const egm__layer *layer, int64_t count)
{
	int64_t kernel = (int64_t)layer->parameters[1];
	return (egm__geometry){kernel, kernel, count / (kernel * kernel)};
}

egm__restore_map egm__restore_map_of(const egm__layer *layer, const egm__tensor *t, const egm__restore_order *order,
                                     int pytorch)
{
	int64_t outer = t->rank > 1 ? t->shape[0] : 1;
	egm__restore_map map = {.outer = outer, .inner = outer ? t->count / outer : 0};
	const char *name = strchr(t->name, '.') + 1;
	int convolves = layer->kind->drawn && layer->out.channels, is_v = strcmp(name, "v") == 0;
	if (!pytorch) return map;
	if (convolves) {
		if (is_convolution(t) || is_v) map.inner_image = kernel_of(layer, map.inner);
	} else if (layer->kind->drawn) {
		map.inner_image = t->rank == 2 || is_v ? order->in : order->out;
		if (t->rank == 2) map.outer_image = order->out;
	} else if (map.inner == layer->inputs) { /* norms; not those of channels */
		map.inner_image = order->in;
	}
	return map;
}

static int64_t place(egm__geometry g, int64_t i)
{
	if (!g.channels) return i;
	return i % g.channels * (g.height * g.width) + i / g.channels;
}

int64_t egm__restore_source(const egm__restore_map *map, int64_t i)
{
	return place(map->outer_image, i / map->inner) * map->inner + place(map->inner_image, i % map->inner);
}
