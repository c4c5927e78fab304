# SPDX-License-Identifier: MIT
# The order of the layers, for the checks of includes and of symbols: source it.

# may_use LAYER: the layers that it may use, itself aside. stats and graph are siblings, as are loss, sampler and io.
# Fails for a folder that is no layer.
may_use() {
	case $1 in
	core) echo ;;
	tensor) echo core ;;
	stats | graph) echo core tensor ;;
	compile) echo core tensor graph ;;
	model) echo core tensor graph compile ;;
	loss | sampler | io) echo core tensor stats graph compile model ;;
	train) echo core tensor stats graph compile model loss sampler io ;;
	api) echo core tensor stats graph compile model loss sampler io train ;;
	*) return 1 ;;
	esac
}
