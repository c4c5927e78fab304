/* SPDX-License-Identifier: MIT */
/* Denoising score matching. For y = x + sigma n the mean of n given y is sigma grad U(y), U = -log p_sigma. The target
 * is n and not n / sigma, so that the loss is of the order of the dimension for every sigma. With several sigma and one
 * U, the denoiser is y - sigma0^2 grad U(y) at all of them, each weighted by 1 / sigma^2 (Li, Chen, Sommer 2019, eq.
 * 9). */
#include <loss/score_impl.h>

egm__id egm__denoising_loss(egm__phase_graph *p, const egm_loss *loss, int32_t net, egm__id x, double sigma,
                            uint32_t stream)
{
	egm__graph *g = p->graph;
	egm__id n = egm__normal(g, stream, *egm__graph_shape(g, x));
	egm__id y = egm__add(g, x, egm__scale(g, n, sigma));
	return egm__mean_square_norm(g, egm__sub(g, egm__scale(g, egm__net_slope(p, loss, net, y), sigma), n));
}

egm__id egm__denoising_loss_levels(egm__phase_graph *p, const egm_loss *loss, int32_t net, egm__id x, egm__id sigma,
                                   double sigma0, uint32_t stream)
{
	egm__graph *g = p->graph;
	egm__id n = egm__normal(g, stream, *egm__graph_shape(g, x));
	egm__id y = egm__add(g, x, egm__mul(g, n, sigma));
	egm__id factor = egm__scale(g, egm__recip(g, sigma), sigma0 * sigma0);
	return egm__mean_square_norm(g, egm__sub(g, egm__mul(g, egm__net_slope(p, loss, net, y), factor), n));
}
