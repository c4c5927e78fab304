/* SPDX-License-Identifier: MIT */
/* Image ops and the convolutions made of them, tested as the other ops are in test_ops.c. The second derivative of the
 * penalty contains a third derivative of the network. */
#include "formula_check.h"

#define IMAGE(n, h, w, c) \
	{                     \
		4,                \
		{                 \
			n, h, w, c    \
		}                 \
	}
#define WINDOW(...) (&(const egm__window){__VA_ARGS__})
/* nonlinear on both sides, so that neither derivative is trivial */
#define PATCHES(n, ...) FORMULA(n, egm__square(g, egm__patches(g, egm__exp(g, X), WINDOW(__VA_ARGS__))))
#define FOLD(n, h, w, ...) FORMULA(n, egm__square(g, egm__fold(g, egm__exp(g, X), WINDOW(__VA_ARGS__), h, w)))
#define CONV(n, ...) FORMULA(n, egm__tanh(g, egm__conv(g, egm__square(g, X), x[1], WINDOW(__VA_ARGS__))))
#define TRANSPOSED(n, h, w, ...) \
	FORMULA(n, egm__tanh(g, egm__conv_transpose(g, egm__square(g, X), x[1], WINDOW(__VA_ARGS__), h, w)))

PATCHES(patches_plain, {2, 3}, {1, 1}, {0, 0})
PATCHES(patches_strides, {2, 3}, {1, 2}, {0, 1})
PATCHES(patches_gaps, {2, 1}, {3, 2}, {1, 0})
PATCHES(patches_large, {4, 5}, {1, 1}, {2, 1})
PATCHES(patches_outside, {2, 2}, {1, 2}, {3, 4})
PATCHES(patches_pixel, {1, 1}, {1, 1}, {0, 0})
PATCHES(patches_some_pixels, {1, 1}, {2, 3}, {0, 0})
PATCHES(patches_whole, {5, 4}, {1, 1}, {0, 0})
PATCHES(patches_4221, {4, 4}, {2, 2}, {1, 1})
FOLD(fold_plain, 5, 4, {2, 3}, {1, 1}, {0, 0})
FOLD(fold_rest, 6, 5, {2, 3}, {2, 3}, {0, 1})
FOLD(fold_gaps, 6, 4, {2, 1}, {3, 2}, {1, 0})
FOLD(fold_large, 2, 3, {4, 5}, {1, 1}, {2, 1})
FOLD(fold_whole, 5, 4, {5, 4}, {1, 1}, {0, 0})
CONV(conv_plain, {3, 2}, {1, 1}, {1, 0})
CONV(conv_strides, {3, 3}, {3, 2}, {1, 1})
CONV(conv_large, {5, 4}, {2, 1}, {2, 1})
CONV(conv_pixel, {1, 1}, {1, 1}, {0, 0})
CONV(conv_whole, {5, 4}, {1, 1}, {0, 0})
/* large enough for several blocks and for groups of columns */
CONV(conv_blocks, {2, 2}, {1, 2}, {1, 0})
TRANSPOSED(transposed_blocks, 5, 4, {2, 2}, {1, 2}, {1, 0})
TRANSPOSED(transposed_plain, 6, 5, {3, 2}, {1, 1}, {1, 0})
TRANSPOSED(transposed_rest, 6, 6, {3, 3}, {2, 3}, {1, 1})
TRANSPOSED(transposed_pixel, 3, 2, {1, 1}, {1, 1}, {0, 0})
FORMULA(pool, egm__square(g, egm__average_pool(g, egm__exp(g, X), 2)))
FORMULA(pool_whole, egm__square(g, egm__average_pool(g, egm__exp(g, X), 3)))
FORMULA(upsample, egm__square(g, egm__upsample(g, egm__exp(g, X), 2)))
FORMULA(blocks, egm__square(g, egm__block_sum(g, egm__exp(g, X), 3, 2)))
FORMULA(repeats, egm__mul(g, egm__repeat(g, egm__exp(g, X), 3, 2), x[1]))
FORMULA(repeat_columns, egm__mul(g, egm__repeat(g, egm__exp(g, X), 1, 3), x[1]))
FORMULA(shrink_and_grow, egm__mul(g, X, egm__upsample(g, egm__average_pool(g, egm__exp(g, X), 2), 2)))
FORMULA(sum_middle, egm__mul(g, X, egm__sum(g, egm__exp(g, X), 2)))
FORMULA(sum_channels, egm__mul(g, X, egm__sum(g, egm__exp(g, X), 7)))
FORMULA(sum_pixels, egm__mul(g, X, egm__sum(g, egm__exp(g, X), 6)))
FORMULA(sum_0_2, egm__mul(g, X, egm__sum(g, egm__exp(g, X), 5)))
FORMULA(sum_1_3, egm__mul(g, X, egm__sum(g, egm__exp(g, X), 10)))
FORMULA(sum_ends, egm__mul(g, X, egm__sum(g, egm__exp(g, X), 9)))
/* operands that are views: contiguous, with other strides, of one number */
FORMULA(of_images,
        egm__square(g, egm__patches(g, egm__slice(g, egm__exp(g, X), 0, 1, 2), WINDOW({2, 3}, {1, 1}, {1, 1}))))
FORMULA(of_a_part,
        egm__square(g, egm__patches(g, egm__slice(g, egm__exp(g, X), 2, 1, 3), WINDOW({2, 3}, {2, 1}, {0, 0}))))
FORMULA(of_channels,
        egm__square(g, egm__fold(g, egm__slice(g, egm__exp(g, X), 3, 1, 6), WINDOW({3, 2}, {2, 2}, {1, 0}), 5, 5)))
FORMULA(of_leaf, egm__mul(g, egm__patches(g, X, WINDOW({3, 3}, {1, 1}, {1, 1})),
                          egm__const(g, 2, (egm__shape)IMAGE(2, 4, 4, 9))))
FORMULA(of_number,
        egm__mul(g, X,
                 egm__patches(g, egm__const(g, 2, (egm__shape)IMAGE(2, 4, 4, 1)), WINDOW({1, 1}, {2, 2}, {1, 1}))))

static egm__id of_transposed(egm__graph *g, const egm__id *x)
{
	egm__id turned = egm__transpose(g, egm__exp(g, x[0]));
	egm__shape s = IMAGE(2, 3, 4, 2);
	return egm__square(g, egm__patches(g, egm__reshape(g, turned, s), WINDOW({2, 2}, {1, 2}, {0, 1})));
}

static egm__id of_broadcast(egm__graph *g, const egm__id *x)
{
	egm__id wide = egm__broadcast(g, egm__exp(g, x[0]), (egm__shape)IMAGE(2, 3, 4, 2));
	return egm__square(g, egm__patches(g, wide, WINDOW({2, 2}, {1, 2}, {0, 1})));
}

/* two convolutions of one input, and two inputs with one weight: merging them keeps the value */
static egm__id merged(egm__graph *g, const egm__id *x)
{
	const egm__window *w = WINDOW({3, 2}, {1, 2}, {1, 0});
	egm__id a = egm__conv(g, egm__exp(g, x[0]), x[1], w), b = egm__conv(g, egm__tanh(g, x[0]), x[1], w);
	egm__id c = egm__conv(g, egm__tanh(g, x[0]), egm__exp(g, x[1]), w);
	return egm__square(g, egm__add(g, egm__add(g, a, egm__scale(g, b, -2)), c));
}

/* patches with other users: as a value, on both sides of a product, transposed */
static egm__id shared(egm__graph *g, const egm__id *x)
{
	egm__id p = egm__patches(g, egm__exp(g, x[0]), WINDOW({2, 2}, {1, 1}, {0, 0}));
	egm__id rows = egm__reshape(g, p, egm__shape2(12, 8)),
	        other = egm__patches(g, egm__tanh(g, x[0]), WINDOW({2, 2}, {1, 1}, {0, 0}));
	egm__id both = egm__matmul(g, rows, egm__reshape(g, other, egm__shape2(12, 8)), 0, 1);
	egm__id self = egm__matmul(g, rows, rows, 1, 0), flipped = egm__matmul(g, x[1], rows, 0, 1);
	egm__id sums[3] = {egm__mean(g, both), egm__mean(g, self), egm__mean(g, egm__tanh(g, flipped))};
	return egm__mul(g, egm__add(g, egm__add(g, sums[0], sums[1]), sums[2]),
	                egm__mean(g, egm__reshape(g, p, egm__shape2(6, 16))));
}

/* a scaled sum of products, some with windows */
static egm__id accumulated(egm__graph *g, const egm__id *x)
{
	const egm__window *w = WINDOW({2, 2}, {1, 1}, {0, 0});
	egm__id a = egm__conv(g, egm__exp(g, x[0]), x[1], w), b = egm__conv(g, egm__tanh(g, x[0]), egm__square(g, x[1]), w);
	egm__id c = egm__matmul(g, x[2], egm__exp(g, x[1]), 0, 1);
	return egm__add(g, egm__scale(g, a, -0.5), egm__add(g, c, egm__scale(g, b, 3)));
}

/* fold of a product that has another user */
static egm__id fold_shared(egm__graph *g, const egm__id *x)
{
	egm__id y = egm__matmul(g, egm__exp(g, x[0]), x[1], 0, 0), p = egm__reshape(g, y, (egm__shape)IMAGE(4, 2, 1, 8));
	egm__id image = egm__fold(g, p, WINDOW({2, 2}, {1, 1}, {0, 0}), 3, 2);
	return egm__mul(g, egm__reshape(g, egm__tanh(g, image), egm__shape2(4, 12)),
	                egm__reshape(g, egm__slice(g, y, 1, 0, 6), egm__shape2(4, 12)));
}

/* conv, leaky, conv, tanh, transposed conv with a rest, and a weighted sum */
static egm__id network(egm__graph *g, const egm__id *x)
{
	egm__id a = egm__leaky(g, egm__conv(g, x[0], x[1], WINDOW({3, 3}, {2, 2}, {1, 1})), 0.2);
	int64_t n = egm__graph_shape(g, x[0])->d[0];
	egm__id b = egm__conv(g, egm__reshape(g, a, (egm__shape)IMAGE(n, 3, 2, 2)), x[2], WINDOW({2, 2}, {1, 1}, {1, 0}));
	egm__id image = egm__reshape(g, egm__tanh(g, b), (egm__shape)IMAGE(n, 4, 1, 2));
	return egm__conv_transpose(g, image, x[3], WINDOW({2, 3}, {2, 1}, {1, 0}), 7, 3);
}

/* |d sum tanh(network) / dx|^2, a penalty */
static egm__id penalty(egm__graph *g, const egm__id *x)
{
	egm__id d, u = egm__tanh(g, network(g, x));
	egm__gradient(g, u, 1, x, &d);
	return egm__add(g, egm__mean(g, egm__square(g, d)), egm__mean(g, egm__row_sum(g, u)));
}

#define WIDE -1.2, 1.2, 0.05
static const formula formulas[] = {
    {"patches", 1, {IMAGE(2, 5, 4, 2)}, patches_plain, WIDE},
    {"patches, one channel", 1, {IMAGE(1, 5, 4, 1)}, patches_strides, WIDE},
    {"patches, strides", 1, {IMAGE(2, 4, 7, 3)}, patches_strides, WIDE},
    {"patches, gaps", 1, {IMAGE(2, 6, 5, 2)}, patches_gaps, WIDE},
    {"patches, kernel larger than the image", 1, {IMAGE(2, 2, 3, 2)}, patches_large, WIDE},
    {"patches, windows in the padding", 1, {IMAGE(2, 2, 3, 1)}, patches_outside, WIDE},
    {"patches of a pixel", 1, {IMAGE(2, 3, 4, 2)}, patches_pixel, WIDE},
    {"patches of some pixels", 1, {IMAGE(2, 3, 5, 2)}, patches_some_pixels, WIDE},
    {"patches, one whole", 1, {IMAGE(2, 5, 4, 2)}, patches_whole, WIDE},
    {"patches, 4x4 s2 p1", 1, {IMAGE(2, 6, 6, 1)}, patches_4221, WIDE},
    {"patches, 4x4 s2 p1, 17 channels", 1, {IMAGE(1, 4, 4, 17)}, patches_4221, WIDE},
    {"fold", 1, {IMAGE(2, 4, 2, 12)}, fold_plain, WIDE},
    {"fold, one channel", 1, {IMAGE(1, 4, 2, 6)}, fold_plain, WIDE},
    {"fold, a rest", 1, {IMAGE(2, 3, 2, 12)}, fold_rest, WIDE},
    {"fold, gaps", 1, {IMAGE(2, 3, 2, 4)}, fold_gaps, WIDE},
    {"fold, kernel larger than the image", 1, {IMAGE(2, 3, 1, 40)}, fold_large, WIDE},
    {"fold, one whole", 1, {IMAGE(2, 1, 1, 40)}, fold_whole, WIDE},
    {"fold, 17 channels", 1, {IMAGE(1, 4, 2, 102)}, fold_plain, WIDE},
    {"conv", 2, {IMAGE(2, 5, 4, 3), S(4, 18)}, conv_plain, WIDE},
    {"conv, batch 1, 1 to 1", 2, {IMAGE(1, 5, 4, 1), S(1, 6)}, conv_plain, WIDE},
    {"conv, strides", 2, {IMAGE(2, 6, 5, 2), S(3, 18)}, conv_strides, WIDE},
    {"conv, kernel larger than the image", 2, {IMAGE(2, 3, 3, 1), S(2, 20)}, conv_large, WIDE},
    {"conv of pixels", 2, {IMAGE(2, 3, 2, 3), S(4, 3)}, conv_pixel, WIDE},
    {"conv, one whole", 2, {IMAGE(2, 5, 4, 2), S(3, 40)}, conv_whole, WIDE},
    {"conv, blocks", 2, {IMAGE(5, 5, 4, 16), S(3, 64)}, conv_blocks, WIDE},
    {"conv, blocks of short lines", 2, {IMAGE(5, 5, 4, 2), S(3, 8)}, conv_blocks, WIDE},
    {"transposed conv, blocks", 2, {IMAGE(5, 6, 2, 3), S(3, 64)}, transposed_blocks, WIDE},
    {"transposed conv, blocks of short lines", 2, {IMAGE(5, 6, 2, 3), S(3, 8)}, transposed_blocks, WIDE},
    {"transposed conv", 2, {IMAGE(2, 6, 4, 3), S(3, 12)}, transposed_plain, WIDE},
    {"transposed conv, batch 1, 1 to 1", 2, {IMAGE(1, 6, 4, 1), S(1, 6)}, transposed_plain, WIDE},
    {"transposed conv, a rest", 2, {IMAGE(2, 3, 2, 3), S(3, 18)}, transposed_rest, WIDE},
    {"transposed conv of pixels", 2, {IMAGE(2, 3, 2, 3), S(3, 4)}, transposed_pixel, WIDE},
    {"average pool", 1, {IMAGE(2, 4, 6, 3)}, pool, WIDE},
    {"average pool, one channel", 1, {IMAGE(1, 2, 4, 1)}, pool, WIDE},
    {"average pool, one whole", 1, {IMAGE(2, 3, 3, 2)}, pool_whole, WIDE},
    {"average pool, 17 channels", 1, {IMAGE(1, 2, 4, 17)}, pool, WIDE},
    {"upsample", 1, {IMAGE(2, 3, 2, 2)}, upsample, WIDE},
    {"upsample, a pixel", 1, {IMAGE(2, 1, 1, 3)}, upsample, WIDE},
    {"upsample, one channel", 1, {IMAGE(1, 3, 2, 1)}, upsample, WIDE},
    {"block sum", 1, {IMAGE(2, 6, 4, 2)}, blocks, WIDE},
    {"repeat", 2, {IMAGE(2, 2, 3, 2), IMAGE(2, 6, 6, 2)}, repeats, WIDE},
    {"repeat a column", 2, {IMAGE(2, 3, 1, 2), IMAGE(2, 3, 3, 2)}, repeat_columns, WIDE},
    {"pool and upsample", 1, {IMAGE(2, 4, 2, 2)}, shrink_and_grow, WIDE},
    {"sum in the middle", 1, {{3, {3, 5, 2, 1}}}, sum_middle, WIDE},
    {"sum in the middle, long", 1, {{3, {2, 40, 17, 1}}}, sum_middle, WIDE},
    {"sum in the middle, rank 4", 1, {IMAGE(2, 3, 2, 4)}, sum_middle, WIDE},
    {"sum to channels", 1, {IMAGE(2, 3, 2, 4)}, sum_channels, WIDE},
    {"sum over pixels", 1, {IMAGE(2, 3, 2, 4)}, sum_pixels, WIDE},
    {"sum over pixels, width 1", 1, {IMAGE(2, 3, 1, 4)}, sum_pixels, WIDE},
    {"sum over axes 0 and 2", 1, {IMAGE(2, 3, 2, 4)}, sum_0_2, WIDE},
    {"sum over axes 0 and 2 with a 1 between", 1, {IMAGE(2, 1, 3, 4)}, sum_0_2, WIDE},
    {"sum over axes 1 and 3", 1, {IMAGE(2, 3, 2, 4)}, sum_1_3, WIDE},
    {"sum over both ends", 1, {IMAGE(2, 3, 2, 4)}, sum_ends, WIDE},
    {"patches of some images", 1, {IMAGE(3, 3, 4, 2)}, of_images, WIDE},
    {"patches of a part", 1, {IMAGE(2, 4, 5, 2)}, of_a_part, WIDE},
    {"fold of some channels", 1, {IMAGE(2, 3, 2, 8)}, of_channels, WIDE},
    {"patches of a leaf", 1, {IMAGE(2, 4, 4, 1)}, of_leaf, WIDE},
    {"patches of a number", 1, {IMAGE(2, 3, 3, 1)}, of_number, WIDE},
    {"patches of a transposed matrix", 1, {S(8, 6)}, of_transposed, WIDE},
    {"patches of a broadcast", 1, {IMAGE(2, 1, 4, 1)}, of_broadcast, WIDE},
    {"sums of convolutions", 2, {IMAGE(2, 4, 4, 2), S(3, 12)}, merged, WIDE},
    {"patches shared", 2, {IMAGE(2, 3, 4, 2), S(3, 8)}, shared, WIDE},
    {"convolutions accumulated", 3, {IMAGE(2, 3, 4, 2), S(3, 8), S(12, 8)}, accumulated, WIDE},
    {"fold of a shared product", 2, {S(8, 3), S(3, 8)}, fold_shared, WIDE},
    {"network", 4, {IMAGE(2, 5, 4, 1), S(2, 9), S(2, 8), S(2, 12)}, network, WIDE},
    {"network of more images", 4, {IMAGE(5, 5, 4, 1), S(2, 9), S(2, 8), S(2, 12)}, network, WIDE},
    {"gradient penalty of more images", 4, {IMAGE(5, 5, 4, 1), S(2, 9), S(2, 8), S(2, 12)}, penalty, WIDE},
    {"gradient penalty", 4, {IMAGE(2, 5, 4, 1), S(2, 9), S(2, 8), S(2, 12)}, penalty, WIDE},
};
enum { N_FORMULAS = sizeof formulas / sizeof *formulas };

#include "formula_loops.h"

int main(void)
{
	Suite *s = suite_create("image_ops");
	add_formulas(s);
	return egm_test_main(s);
}
