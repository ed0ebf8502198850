# Rules for studies: methods trained by several seeds, scored, attacked, drawn and reported, every result a file.
#
#     METHODS = natural pgd
#     SEEDS = 1 2
#     TRAIN.pgd = --method pgd --epsilon 0.2
#     EVALUATE = --rotation 0:60:30 --epsilon 0,0.1
#     include $(shell cusp --make)
#
# Then `make study`. Variables and targets are described in tools/study/README.md.

CUSP ?= cusp
STUDY ?= study
METHODS ?= natural
SEEDS ?= 0
SHARD ?= 1/1
TRAIN ?=
EVALUATE ?=
EVALUATIONS ?=
ATTACKS ?=
CLAIMS ?=
FIGURES ?= profile training
FIGURE.pareto ?= --seeds

.SUFFIXES:
.SECONDARY:
.DELETE_ON_ERROR:

.PHONY: study models scores attacks figures table report claims clean-study study-always

study_models := $(foreach method,$(METHODS),$(foreach seed,$(SEEDS),$(method)-$(seed)))
# The K-th of N parts of the models: every N-th.
study_part := $(shell printf '%s\n' $(study_models) | awk -v part=$(SHARD) \
    'BEGIN { split(part, p, "/") } (NR - p[1]) % p[2] == 0')
study_files = $(1:%=$(STUDY)/$(2)/%.$(3))
study_named = $(call study_files,$(study_models),models,ndjson)
study_scores = $(call study_files,$(study_models),scores,ndjson)
# The models that what has this name is of.
study_of = $(foreach method,$(if $(METHODS.$(1)),$(filter $(METHODS.$(1)),$(METHODS)),$(METHODS)),\
    $(foreach seed,$(SEEDS),$(method)-$(seed)))
# What evaluations or attacks, by name, make of all models, and of this part of them.
study_results = $(foreach name,$(2),$(call study_files,$(call study_of,$(name)),$(1)/$(name),ndjson))
study_part_results = $(foreach name,$(2),$(call study_files,$(filter $(call study_of,$(name)),$(study_part)),$(1)/$(name),ndjson))
study_evaluations = $(call study_results,evaluations,$(EVALUATIONS))
study_attacks = $(call study_results,attacks,$(ATTACKS))
# What claims are made of.
study_claimed = $(filter $(foreach model,$(call study_of,claims),%/$(model).ndjson),$(study_named) $(study_scores) \
    $(study_evaluations) $(study_attacks))
# Of the model METHOD-SEED; a method's name may have dashes, a seed has none.
study_seed = $(lastword $(subst -, ,$(1)))
study_method = $(patsubst %-$(call study_seed,$(1)),%,$(1))

# What is being made, unless make is silent.
study_say = @$(study_echo) "cusp $(strip $(1))";
study_echo := $(if $(findstring s,$(firstword -$(MAKEFLAGS))),:,echo)

study: models scores attacks table figures report

models: $(call study_files,$(study_part),models,ndjson)
scores: $(call study_files,$(study_part),scores,ndjson) $(call study_part_results,evaluations,$(EVALUATIONS))
attacks: $(call study_part_results,attacks,$(ATTACKS))
figures: $(FIGURES:%=$(STUDY)/figures/%.svg)
table: $(STUDY)/table.txt
report: $(STUDY)/report.html
claims: $(STUDY)/claims.ndjson
# Nothing is said of what is there already.
study models scores attacks figures table report claims:
	@:

# What a result was made with is a file, too, written when it changes: then just what depends on it is made again.
study_settings = @mkdir -p $(@D); \
    echo '$(subst ','\'',$(strip $(1)))' > $@.new; \
    if cmp -s $@ $@.new; then rm -f $@.new; else $(2) mv -f $@.new $@; fi

$(STUDY)/settings/models/%: study-always
	$(call study_settings,$(TRAIN) $(TRAIN.$(call study_method,$*)) --seed $(call study_seed,$*),\
	    rm -f $(STUDY)/models/$*.h5 $(STUDY)/models/$*.part $(STUDY)/models/$*.stream;)

# Which models there are, for what is made of all of them.
$(STUDY)/settings/all: study-always
	$(call study_settings,$(study_models) $(ATTACKS) $(EVALUATIONS) \
	    $(foreach name,$(ATTACKS) $(EVALUATIONS) $(FIGURES) claims,$(METHODS.$(name))))

$(STUDY)/settings/scores: study-always
	$(call study_settings,$(EVALUATE))

$(STUDY)/settings/evaluations/%: study-always
	$(call study_settings,$(EVALUATE.$*))

$(STUDY)/settings/claims: study-always
	$(call study_settings,$(CLAIMS))

$(STUDY)/settings/attacks/%: study-always
	$(call study_settings,$(ATTACK.$*))

$(STUDY)/settings/figures/%: study-always
	$(call study_settings,$(FIGURE.$*))

# Training that was cut short goes on from its last epoch, or from what --save-every saved; a stream tells of its own model.
$(STUDY)/models/%.h5 $(STUDY)/models/%.ndjson: $(STUDY)/settings/models/%
	@mkdir -p $(@D)
	$(call study_say,train $$(cat $<) --output $*.h5) \
	stem=$(STUDY)/models/$*; \
	[ -e $$stem.stream ] && { [ -e $$stem.part ] || [ -e $$stem.h5 ]; } || rm -f $$stem.h5 $$stem.part $$stem.stream; \
	$(CUSP) train --quiet $(TRAIN) $(TRAIN.$(call study_method,$*)) --seed $(call study_seed,$*) \
	    --output $$stem.h5 --partial $$stem.part >> $$stem.stream && mv $$stem.stream $$stem.ndjson

$(STUDY)/scores/%.ndjson: $(STUDY)/models/%.h5 $(STUDY)/models/%.ndjson $(STUDY)/settings/scores
	@mkdir -p $(@D)
	$(call study_say,evaluate $*.h5 $(EVALUATE)) \
	$(CUSP) evaluate --quiet $< $(EVALUATE) > $@.part && mv $@.part $@

# Each further evaluation by name.
define study_evaluation
$(STUDY)/evaluations/$(1)/%.ndjson: $(STUDY)/models/%.h5 $(STUDY)/models/%.ndjson $(STUDY)/settings/evaluations/$(1)
	@mkdir -p $$(@D)
	$$(call study_say,evaluate $$*.h5 $$(EVALUATE.$(1))) \
	$$(CUSP) evaluate --quiet $$< $$(EVALUATE.$(1)) > $$@.part && mv $$@.part $$@
endef
$(foreach name,$(EVALUATIONS),$(eval $(call study_evaluation,$(name))))

# Each attack of the study by name, with the perturbed images beside its records.
define study_attack
$(STUDY)/attacks/$(1)/%.ndjson: $(STUDY)/models/%.h5 $(STUDY)/models/%.ndjson $(STUDY)/settings/attacks/$(1)
	@mkdir -p $$(@D)
	$$(call study_say,attack $$*.h5 $$(ATTACK.$(1))) \
	$$(CUSP) attack --quiet $$< $$(ATTACK.$(1)) --save $$(@:ndjson=npz) > $$@.part && mv $$@.part $$@
endef
$(foreach attack,$(ATTACKS),$(eval $(call study_attack,$(attack))))

# A figure by its kind, of these records.
study_plot = @mkdir -p $(@D); $(study_echo) "cusp plot $(strip $(1) $(FIGURE.$(1))) > $@"; \
    $(CUSP) plot $(1) --quiet $(FIGURE.$(1)) $(study_named) $(2) --output $@

$(STUDY)/figures/training.svg: $(study_named) $(STUDY)/settings/all $(STUDY)/settings/figures/training
	$(call study_plot,training)

$(STUDY)/figures/curve.svg: $(study_attacks) $(STUDY)/settings/all $(STUDY)/settings/figures/curve
	$(call study_plot,curve,$(study_attacks))

$(STUDY)/figures/%.svg: $(study_scores) $(STUDY)/settings/all $(STUDY)/settings/figures/%
	$(call study_plot,$*,$(study_scores))

# Of what further evaluations a figure is drawn, too.
define study_figure
$(STUDY)/figures/$(1).svg: $(call study_drawn,$(1)) $(STUDY)/settings/all $(STUDY)/settings/figures/$(1)
	$$(call study_plot,$(1),$(call study_drawn,$(1)))
endef
study_drawn = $(filter $(foreach model,$(call study_of,$(1)),%/$(model).ndjson),$(study_scores) \
    $(call study_results,evaluations,$(SCORES.$(1))))
$(foreach kind,$(FIGURES),$(if $(SCORES.$(kind)),$(eval $(call study_figure,$(kind)))))

$(STUDY)/table.txt: $(study_scores) $(study_evaluations) $(STUDY)/settings/all
	$(call study_say,summarise > $@) \
	$(CUSP) summarise --quiet --format text $(study_named) $(study_scores) $(study_evaluations) > $@

$(STUDY)/claims.ndjson: $(study_claimed) $(STUDY)/settings/all $(STUDY)/settings/claims
	$(call study_say,summarise --claims $(CLAIMS) > $@) \
	$(CUSP) summarise --claims --quiet $(CLAIMS) $(study_claimed) > $@

$(STUDY)/report.html: $(study_scores) $(study_evaluations) $(study_attacks) $(STUDY)/settings/all
	$(call study_say,report --output $@) \
	$(CUSP) report --quiet $(call study_files,$(study_models),models,h5) $(study_named) $(study_scores) $(study_evaluations) \
	    $(study_attacks) $(if $(word 2,$(ATTACKS)),,$(study_attacks:ndjson=npz)) --output $@

clean-study:
	rm -rf $(STUDY)
