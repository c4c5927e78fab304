/* SPDX-License-Identifier: MIT */
/* libegm: energy-based generative models for C programs. This file includes all public headers, which are the manual.
 *
 * Read status.h (errors), array.h (arrays), context.h (rules of all handles) and options.h (option structs) first. Then
 * model.h: networks; data.h: data to train on; loss.h: what to train; trainer.h: training; target.h and sampler.h:
 * Markov chains on an energy; diagnostics.h, metric.h, mixture.h: arrays without networks. */
#ifndef EGM_H
#define EGM_H

#include <egm/version.h>

#include <egm/status.h>

#include <egm/array.h>
#include <egm/context.h>
#include <egm/options.h>

#include <egm/model.h>

#include <egm/data.h>

#include <egm/loss.h>
#include <egm/metric.h>
#include <egm/mixture.h>

#include <egm/target.h>

#include <egm/sampler.h>

#include <egm/diagnostics.h>

#include <egm/trainer.h>

#endif
