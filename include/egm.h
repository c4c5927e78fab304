/* SPDX-License-Identifier: MIT */
/* libegm: energy-based generative models for C programs. Includes all public headers. */
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
