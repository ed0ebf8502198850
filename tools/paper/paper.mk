# One study of the paper: a data set and a network, NAME=mnist-small-cnn. Made by the Makefile beside it.

data := $(firstword $(subst -, ,$(NAME)))
network := $(NAME:$(data)-%=%)

# What is measured: budgets of training and of evaluation. Nothing here was chosen by what came of it on test images.
ifeq ($(data),cifar10)
DATA = cifar10:$(CIFAR)
EPSILONS = 2/255 4/255 8/255
TURN = 180
TRANSLATIONS = 1 2 3 4
COUPLED = 18 36 54
SIDE = 32
CURRICULUM = colour
# Of the published code; it becomes part of the model, and epsilon stays in pixel units.
NORMALISE = --normalise 0.4914,0.4822,0.4465/0.2023,0.1994,0.2010
else ifeq ($(data),mnist)
DATA = mnist:$(MNIST)
EPSILONS = 0.1 0.2 0.3
TURN = 90
TRANSLATIONS = 1 2 3 4
COUPLED = 18 36 54
SIDE = 28
CURRICULUM = grey
else
# The largest round budgets at which digits-cnn learnt its training images (PGD at 0.3 ends in one class).
DATA = digits
EPSILONS = 0.05 0.1 0.2
TURN = 30
TRANSLATIONS = 1 2
COUPLED = 18 36 54
SIDE = 8
CURRICULUM = digits
endif
ROTATIONS = 30 60 90 120 150 180
EPSILON = $(lastword $(EPSILONS))

# How much of it: training images, epochs, seeds, test images, and those for AutoAttack and for nearest images.
SEEDS = 1 2 3
LIMIT = 1000000
EPOCHS = 120
IMAGES = 10000
STRONG = 1000
NEAR = 100
PARTS = a b c general
ifeq ($(SCALE),smoke)
ROTATIONS = 30 90 180
EPOCHS = 20
IMAGES = 200
STRONG = 50
NEAR = 50
endif
# One network by all methods and three seeds, on as many images as PGD at 0.3 learns from (83 % of them under attack at the end,
# one seed); the others, of which a seed costs more, by five methods and one seed.
ifeq ($(SCALE),small)
EPOCHS = 6
ROTATIONS = 30 90 180
TRANSLATIONS = 2 4
COUPLED = 18 54
ifeq ($(NAME),mnist-small-cnn)
LIMIT = 6000
BATCH = --batch-size 64
IMAGES = 200
STRONG = 20
NEAR = 30
else
PARTS = a b c
SEEDS = 1
LIMIT = $(or $(LIMIT.$(NAME)),3000)
IMAGES = 100
STRONG = 20
NEAR = 20
endif
endif
LIMIT.cifar10-vgg16 = 1000

comma := ,
list = $(subst $(empty) ,$(comma),$(strip $(1)))
level = $(subst /255,,$(1))
# t of the published code: images are turned by up to 180 t degrees and moved by up to t of their side.
move = $(shell awk 'BEGIN { print $(SIDE) * $(1) / 180 }')

spatial := natural $(ROTATIONS:%=rotation-%) $(TRANSLATIONS:%=translation-%) $(COUPLED:%=coupled-%)
attacked := $(foreach epsilon,$(EPSILONS),pgd-$(call level,$(epsilon)))
mixtures := together reversed alternating random maximum average invariance
variants := cusp-linear cusp-exponential cusp-cosine cusp-one-cycle cusp-cyclic cusp-adaptive
PART.a = $(spatial)
PART.b = natural $(attacked)
PART.c = natural $(attacked) trades cusp cusp-trades $(mixtures)
PART.general = natural together cusp $(variants)
# Each once.
once = $(if $(1),$(firstword $(1)) $(call once,$(filter-out $(firstword $(1)),$(1))))
ifeq ($(SCALE)-$(filter-out mnist-small-cnn digits-%,$(NAME)),small-$(NAME))
METHODS := natural rotation-180 pgd-$(call level,$(EPSILON)) cusp together
endif
METHODS := $(or $(METHODS),$(call once,$(foreach part,$(PARTS),$(PART.$(part)))))

# Colour images are cropped and mirrored whatever the method, and attacked by steps of one length, as in the published code.
crop = $(if $(filter cifar10,$(data)),--crop 4 --flip)
pgd = --method pgd $(if $(filter cifar10,$(data)),--step-size 2/255) $(crop)
both = $(pgd) --epsilon $(EPSILON) --rotation $(TURN)
TRAIN = --data $(DATA) --arch $(or $(wildcard $(network).json),$(network)) --limit $(LIMIT) --epochs $(EPOCHS) $(BATCH) \
    --threads 1 $(NORMALISE)
courses := cosine one-cycle cyclic
# The published schedule of CIFAR-10, for all methods but those that have another.
ifeq ($(SCALE)-$(data),full-cifar10)
TRAIN += --learning-rate 0.1
steps := --milestones $(call list,74 89 99)
endif
$(foreach degrees,$(ROTATIONS),$(eval TRAIN.rotation-$(degrees) = --rotation $(degrees) $(crop)))
$(foreach pixels,$(TRANSLATIONS),$(eval TRAIN.translation-$(pixels) = --translation $(pixels) $(crop)))
$(foreach degrees,$(COUPLED),$(eval TRAIN.coupled-$(degrees) := --rotation $(degrees) --translation $(call move,$(degrees)) $(crop)))
$(foreach epsilon,$(EPSILONS),$(eval TRAIN.pgd-$(call level,$(epsilon)) = $(pgd) --epsilon $(epsilon)))
TRAIN.natural = $(crop)
TRAIN.trades = --method trades --epsilon $(EPSILON) $(crop)
TRAIN.cusp = --curriculum curricula/$(CURRICULUM).json
TRAIN.cusp-trades = $(TRAIN.cusp) --inner trades
TRAIN.together = $(both)
TRAIN.reversed = --curriculum curricula/$(CURRICULUM)-reversed.json
$(foreach mixture,alternating random maximum average,$(eval TRAIN.$(mixture) = $(both) --mixture $(mixture)))
TRAIN.invariance = --method transformed-trades --epsilon $(EPSILON) --rotation $(TURN) $(crop)
TRAIN.cusp-linear = --curriculum curricula/$(CURRICULUM)-linear.json
TRAIN.cusp-exponential = --curriculum curricula/$(CURRICULUM)-exponential.json
$(foreach course,$(courses),$(eval TRAIN.cusp-$(course) = $(TRAIN.cusp) --schedule $(course)))
TRAIN.cusp-cyclic += --cycles 3
TRAIN.cusp-adaptive = --curriculum curricula/$(CURRICULUM)-adaptive.json --keep-best robust --validation 0.1

$(foreach method,$(filter-out $(courses:%=cusp-%),$(METHODS)),$(eval TRAIN.$(method) += $$(steps)))

images = --limit $(IMAGES) --threads 1
EVALUATE = --rotation 30,60,90,120,150,180 $(images)
EVALUATIONS = translation coupled pgd pma autoattack joint worst grid $(if $(filter cifar10,$(data)),published)
EVALUATE.translation = --translation $(call list,$(TRANSLATIONS)) $(images)
coupled := $(call list,$(foreach degrees,18 36 54,$(call move,$(degrees))))
EVALUATE.coupled = --sweep rotation=18$(comma)36$(comma)54,translation=$(coupled) $(images)
EVALUATE.pgd = --pgd --epsilon $(call list,$(EPSILONS)) $(images)
EVALUATE.pma = --pma --epsilon $(call list,$(EPSILONS)) $(images)
EVALUATE.autoattack = --autoattack --epsilon $(EPSILON) --limit $(STRONG) --threads 1
EVALUATE.joint = --rotation $(TURN) --pgd --epsilon $(EPSILON) $(images)
EVALUATE.worst = --rotation $(TURN) --worst-of 10 $(images)
EVALUATE.grid = --rotation $(TURN) --grid 1x1x31 $(images)
# The attack of the published code with its faults.
EVALUATE.published = --like paper --epsilon $(call list,$(EPSILONS)) $(images)

# The explanation of 2019: how near images are that fool, the farther images were turned.
ATTACKS = ddn nearest
METHODS.ddn = $(spatial)
METHODS.nearest = $(spatial)
ATTACK.ddn = --ddn --limit $(NEAR) --threads 1
ATTACK.nearest = --minimal-apgd --limit $(NEAR) --threads 1

FIGURES = pareto
SCORES.pareto = pgd
METHODS.pareto = natural rotation-180 $(attacked) trades cusp cusp-trades $(mixtures)
FIGURE.pareto = --seeds --x rotation=$(TURN) --y epsilon=$(EPSILON)
CLAIMS = --x rotation=$(TURN) --y epsilon=$(EPSILON)
# Variants of the curriculum are compared with each other alone.
$(foreach name,translation coupled pma autoattack worst grid published claims,\
    $(eval METHODS.$(name) = $(filter-out $(variants),$(METHODS))))

include $(shell $(CUSP) --make)

# Curricula of any growth and any course of the learning rate, against the plain one and none.
.PHONY: general
general: $(if $(filter general,$(PARTS)),$(STUDY)/general.txt)
	@:
general_files = $(foreach method,$(PART.general),$(foreach seed,$(SEEDS),$(STUDY)/$(1)/$(method)-$(seed).ndjson))
general_records = $(call general_files,models) $(call general_files,scores) $(call general_files,evaluations/pgd) \
    $(call general_files,evaluations/joint)
$(STUDY)/general.txt: $(general_records) $(STUDY)/settings/all
	$(CUSP) summarise --quiet --format text $(general_records) > $@
