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
ATTACKS ?=
FIGURES ?= profile training
FIGURE.pareto ?= --seeds

.SUFFIXES:
.SECONDARY:
.DELETE_ON_ERROR:

.PHONY: study models scores attacks figures table report clean-study study-always

study_models := $(foreach method,$(METHODS),$(foreach seed,$(SEEDS),$(method)-$(seed)))
# The K-th of N parts of the models: every N-th.
study_part := $(shell printf '%s\n' $(study_models) | awk -v part=$(SHARD) \
    'BEGIN { split(part, p, "/") } (NR - p[1]) % p[2] == 0')
study_files = $(1:%=$(STUDY)/$(2)/%.$(3))
study_named = $(call study_files,$(study_models),models,ndjson)
study_scores = $(call study_files,$(study_models),scores,ndjson)
study_attacks = $(foreach attack,$(ATTACKS),$(call study_files,$(study_models),attacks/$(attack),ndjson))
# Of the model METHOD-SEED; a method's name may have dashes, a seed has none.
study_seed = $(lastword $(subst -, ,$(1)))
study_method = $(patsubst %-$(call study_seed,$(1)),%,$(1))

# What is being made, unless make is silent.
study_say = @$(study_echo) "cusp $(strip $(1))";
study_echo := $(if $(findstring s,$(firstword -$(MAKEFLAGS))),:,echo)

study: models scores attacks table figures report

models: $(call study_files,$(study_part),models,ndjson)
scores: $(call study_files,$(study_part),scores,ndjson)
attacks: $(foreach attack,$(ATTACKS),$(call study_files,$(study_part),attacks/$(attack),ndjson))
figures: $(FIGURES:%=$(STUDY)/figures/%.svg)
table: $(STUDY)/table.txt
report: $(STUDY)/report.html

# What a result was made with is a file, too, written when it changes: then just what depends on it is made again.
study_settings = @mkdir -p $(@D); \
    echo '$(subst ','\'',$(strip $(1)))' > $@.new; \
    if cmp -s $@ $@.new; then rm -f $@.new; else $(2) mv -f $@.new $@; fi

$(STUDY)/settings/models/%: study-always
	$(call study_settings,$(TRAIN) $(TRAIN.$(call study_method,$*)) --seed $(call study_seed,$*),\
	    rm -f $(STUDY)/models/$*.h5 $(STUDY)/models/$*.part $(STUDY)/models/$*.stream;)

# Which models there are, for what is made of all of them.
$(STUDY)/settings/all: study-always
	$(call study_settings,$(study_models) $(ATTACKS))

$(STUDY)/settings/scores: study-always
	$(call study_settings,$(EVALUATE))

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

$(STUDY)/table.txt: $(study_scores) $(STUDY)/settings/all
	$(call study_say,summarise > $@) \
	$(CUSP) summarise --quiet --format text $(study_named) $(study_scores) > $@

$(STUDY)/report.html: $(study_scores) $(study_attacks) $(STUDY)/settings/all
	$(call study_say,report --output $@) \
	$(CUSP) report --quiet $(call study_files,$(study_models),models,h5) $(study_named) $(study_scores) \
	    $(study_attacks) $(study_attacks:ndjson=npz) --output $@

clean-study:
	rm -rf $(STUDY)
