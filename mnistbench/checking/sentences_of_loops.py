"""What is said of mistakes in what ``fit`` does with right or wrong gradients: loops, order, rates, what is kept."""

LOOPS = {
    "full_batch": (
        "batch_size is ignored: fit takes one step an epoch, on all images at once. Cut the images into slices of"
        " batch_size and take a step after each."
    ),
    "one_image_a_step": (
        "batch_size is ignored: fit takes a step after every single image. Take one step a batch, along the mean of"
        " its images' gradients."
    ),
    "own_batch_size": (
        "batch_size is ignored: fit cuts the images into batches of another size, fixed in the code. Use the"
        " batch_size that fit is given."
    ),
    "drawn_anew": (
        "Each batch is drawn anew from all images: in one epoch some images count twice or more and others not at"
        " all. Draw one order an epoch, rng.permutation(len(images)), and cut it into slices."
    ),
    "large_call_differs": (
        "One ordinary call of fit, with many images on a net as it begins, does not do what the same net does step by"
        " step from weights that it was given. Let fit do the same whatever the number of images, and whether weights"
        " were set before or not."
    ),
    "images_duplicated": (
        "In one epoch some images count twice or more and others not at all, and what is lost never comes back: the"
        " shuffle itself loses images, as random.shuffle does on a NumPy array, whose rows it swaps as views. Draw"
        " an order with rng.permutation(len(images)) and take images[order], labels[order]."
    ),
    "last_batch_dropped": (
        "A batch shorter than the batch size is dropped. Train on it too: let the last slice of an epoch be short."
    ),
    "last_batch_lost": (
        "The last batch of every epoch is left out, even a full one. Go to the end: for start in range(0,"
        " len(images), batch_size)."
    ),
    "first_batch_lost": (
        "The first batch of every epoch is left out, even where it is the only one: the slices begin one too late."
        " Begin at 0: for start in range(0, len(images), batch_size)."
    ),
    "last_image_lost": (
        "An image is lost in every epoch: the first slice begins one too late, or the last one ends one too early."
        " Begin at 0; the last slice is images[start : start + batch_size], with no - 1."
    ),
    "image_of_batch_lost": (
        "An image of each batch is lost: a slice is one too short. A batch is images[start : start + batch_size],"
        " with no - 1."
    ),
    "image_of_next_batch": (
        "Each batch has the first image of the next one too, which counts twice: a slice is one too long. A batch is"
        " images[start : start + batch_size], with no + 1."
    ),
    "single_images_lost": (
        "A batch of one image changes nothing, while batches of several do: something ends one too early. A batch is"
        " images[start : start + batch_size], with no - 1, and start goes on to len(images)."
    ),
    "images_never_trained": (
        "Some images are never trained, the same ones in every epoch: a part of what fit is given is held back, or"
        " left out by an index. fit is given training images alone; train on all of them."
    ),
    "last_batch_padded": (
        "A last batch that is short is filled up with images that the epoch has trained already, so that they count"
        " twice. Let the last slice of an epoch be short."
    ),
    "short_batch_merged": (
        "A short last batch is merged with the others, which become larger than batch_size. Let the last slice of"
        " an epoch be short."
    ),
    "batch_repeated": (
        "Where one step is due, several are made: a batch makes several steps, or an epoch goes through the images"
        " several times. Take one step a batch, and go through the images as often as epochs says."
    ),
    "extra_step": (
        "fit makes more steps than there are batches: with one batch as with several, it is always so many more. Take"
        " one step a batch, in the loop over batches, and none before or after it."
    ),
    "images_skipped": (
        "An image is skipped between one batch and the next: the slices begin one too far. Each slice begins where"
        " the last one ended: step by batch_size."
    ),
    "batch_overlaps": (
        "Batches overlap: images count in several batches of an epoch. Each slice begins where the last one ended:"
        " step by batch_size, or take images[i * batch_size : (i + 1) * batch_size] for batch i."
    ),
    "first_batch_again": (
        "The first batch is trained again and again, the others never: the slice does not move with the loop. Take"
        " images[start : start + batch_size] with the loop's own start."
    ),
    "first_batch_only": (
        "Only one batch of an epoch is trained: a return or break stands inside the loop over batches, the end of its"
        " slices does not move along, as in images[start : batch_size], or there is no such loop. Let every batch make"
        " its step."
    ),
    "last_batch_only": (
        "Only one step an epoch is made, after the loop over batches, with the last batch alone: the update stands"
        " outside of the loop. Indent it, so that every batch makes its step."
    ),
    "one_image_of_batch": (
        "Only one image of a batch counts: the gradients of the others are overwritten, not added up. Set the sums"
        " to 0 before the loop over images, not inside it, and add each image's gradient."
    ),
    "epochs_ignored": (
        "fit ends where one epoch does, however many it is asked for: further ones are not trained, or are taken"
        " back. Go through the images epochs times, for _ in range(epochs), and keep what the last one leaves."
    ),
    "epochs_miscounted": (
        "fit trains another number of epochs than it is asked for. Go through the images epochs times: for _ in"
        " range(epochs)."
    ),
    "restarts_each_epoch": (
        "Every epoch begins again at the weights that fit was given, so that only the last epoch counts. Go on from"
        " the weights that the epoch before left."
    ),
    "restarts_anew": (
        "fit begins at other weights than set_weights gave: it makes weights anew. Make them in __init__ alone, and"
        " let fit go on from the weights that it finds."
    ),
    "divided_by_all_images": (
        "The gradients of a batch are divided by the number of all images, not of the batch's own: too small by"
        " batches an epoch. Divide by m = len(images) of the batch."
    ),
    "pairs_broken": (
        "Images and labels come apart: a batch with several digits makes the right step of wrong pairs. Shuffle"
        " both by one and the same order: images[order], labels[order]."
    ),
    "pairs_break_later": (
        "Images and labels come apart from the second epoch on: the first is right, and later steps are those of"
        " wrong pairs. Shuffle both from where they stand, or both from the original, by one order."
    ),
    "no_shuffle": (
        "The images are cut into batches in the order they are given, into the same ones epoch after epoch. Draw a"
        " fresh order of the images each epoch, one for images and labels: order = rng.permutation(len(images))."
    ),
    "shuffled_once": (
        "The same images are batches in every epoch: their order is made once, or in the same way again, as from the"
        " same seed. Draw it inside the loop over epochs, from one generator: order = rng.permutation(len(images))."
    ),
    "momentum": (
        "The steps carry momentum: each one keeps a share of the step before, which is not plain SGD. Subtract lr ·"
        " gradient of the batch at hand and nothing more."
    ),
    "momentum_flipped": (
        "The steps carry momentum with the wrong sign: a share of the step before is taken back. Plain SGD"
        " subtracts lr · gradient of the batch at hand and nothing more."
    ),
    "momentum_stale": (
        "The step is taken along the momentum before it holds this batch's gradient: it uses the gradients of"
        " earlier batches, so that the first step is none. Update the velocity first; plain SGD has none at all."
    ),
    "step_before_gradient": (
        "Each step is that of the batch before: the weights are updated before this batch's gradient is there, so that"
        " the first step is none. Take the gradient, then the step: in PyTorch zero_grad(), backward(), step()."
    ),
    "gradients_averaged": (
        "The step is a running average of this and earlier gradients (as momentum with 1 - β has it), so that first"
        " steps are too small. Plain SGD subtracts lr · gradient of the batch at hand."
    ),
    "gradients_not_zeroed": (
        "The gradients are added up and never zeroed: each step still holds the gradients of all earlier batches."
        " Set them to 0 before each batch."
    ),
    "state_kept": (
        "A second call of fit takes another step than the first one did from the same weights: something is kept"
        " from the first. Start each fit with nothing but the weights."
    ),
    "rate_decays_by_batch": (
        "The learning rate gets smaller after every batch, and an epoch has hundreds of batches. Plain SGD keeps lr"
        " as it is."
    ),
    "rate_decays_by_epoch": "The learning rate gets smaller after every epoch. Plain SGD keeps lr as it is.",
    "rate_decays_by_fit": (
        "The learning rate gets smaller after every call of fit: self.lr itself is changed. Keep lr as it is."
    ),
    "rate_grows": (
        "Steps of one and the same image get larger, as where the learning rate grows (a warm-up). Let each step be"
        " lr · gradient of its batch, with lr as it was given."
    ),
    "lr_fixed": (
        "The steps are the same at different lr: the learning rate is fixed in the code, or limited by it. Use the lr"
        " given to __init__ as it is."
    ),
    "adaptive_steps": (
        "The steps are not plain SGD but adaptive: nearly all entries move by the same amount, whatever the size of"
        " their gradient, as Adam, RMSprop or AdaGrad do. Subtract lr · gradient."
    ),
    "normalised_steps": (
        "The gradient is divided by its own length, so that every step is equally long. Subtract lr · gradient as"
        " it is."
    ),
    "gradients_clipped": (
        "The gradients are clipped: entries beyond a limit are cut to it. Plain SGD takes them as they are; against"
        " NaN, shift the logits in softmax."
    ),
    "gradient_norm_clipped": (
        "The gradients are clipped: where they are longer than a limit they are shortened to it. Plain SGD takes"
        " them as they are."
    ),
    "weight_decay": (
        "Weight decay (L2) is added: each step pulls the weights towards 0 by a share of themselves. Plain SGD has"
        " none: leave out the term λ · W."
    ),
    "weight_decay_sign": (
        "Weight decay (L2) is added with the wrong sign: each step makes the weights grow by a share of themselves."
        " Leave out the term λ · W; where decay is wanted, d_W + λ · W."
    ),
    "weight_decay_l1": (
        "A penalty on the absolute weights (L1) is added: each step pulls every weight towards 0 by the same"
        " amount. Plain SGD has none: leave out the term λ · sign(W)."
    ),
    "dropout": (
        "Dropout is on in fit: hidden units are switched off at random. Plain SGD has none: leave out the mask."
    ),
    "random_steps": (
        "fit is random where it should not be: from the same weights and one and the same image its steps differ."
        " Look for noise or dropout in the forward pass."
    ),
}  # fmt: skip
EACH_CALL_ALIKE = (
    "Three calls of fit, an epoch each, cut the images into the same batches. A run calls fit once an epoch, and so has"
    " these in every epoch: let each call draw a fresh order before its first batch, by a generator from __init__."
)
