"""What is said of mistakes that show in ``predict``, in the weights, or in the kinds of batches that a net takes."""

NETWORKS = {
    "predict_columns": (
        "predict returns the wrong shape, (10, n), one column an image: its rows are taken for images, and argmax"
        " is then over the wrong axis. Return one row an image, (n, 10): probabilities.T."
    ),
    "predict_one_hot": (
        "predict returns its answer as 0 and 1, not the probabilities, so that no loss can be computed. Return the"
        " output of softmax as it is."
    ),
    "predict_classes": (
        "predict returns the digits themselves, not the probabilities, so that no loss can be computed. Return the"
        " whole output of softmax, shape (n, 10), and leave argmax to the caller."
    ),
    "softmax_over_images": (
        "Softmax runs over the images of the batch, not over the ten classes: columns of predict add up to 1 and"
        " rows do not, so an image's probabilities depend on its neighbours. Divide each row by its own sum: e /"
        " e.sum(axis=1, keepdims=True)."
    ),
    "softmax_over_images_in_fit": (
        "In fit, softmax runs over the images of the batch, not over the ten classes. Divide each image's row by its"
        " own sum: e / e.sum(axis=1, keepdims=True), in a library dim=1 or axis=1."
    ),
    "logits_in_logarithm": (
        "The loss of fit takes the logits for probabilities: it cuts them to between 0 and 1 and takes their logarithm."
        " Give it softmax of the logits, or from_logits=True; by hand, delta2 = p - y."
    ),
    "images_reshaped": (
        "The images are made columns by reshape, where a transpose belongs, which mixes the pixels of the batch's"
        " images. Take images.T, not images.reshape(784, -1)."
    ),
    "batch_dependent": (
        "predict gives an image other probabilities in a batch than alone: something is computed over the images of"
        " the batch. Every sum, maximum or mean in the forward pass belongs to one row: axis=1, keepdims=True."
    ),
    "predict_random": (
        "predict is random: two calls with the same weights and images differ. Dropout or noise is left on; switch"
        " it off outside fit."
    ),
    "not_probabilities": (
        "The rows of predict are no probabilities: they do not add up to 1, or have numbers outside of 0 to 1. End"
        " with softmax over the ten classes of each row."
    ),
    "predict_nan": (
        "predict gives NaN or infinity at ordinary weights: nothing can be learned from there. Look for a division"
        " by 0, a log of 0 or an exp of large numbers in the forward pass."
    ),
    "predict_ignores_images": (
        "predict gives every image the same probabilities, whatever the weights: the images do not reach the"
        " output. Let it compute softmax(max(0, images @ W1 + b1) @ W2 + b2)."
    ),
    "one_image_alone": (
        "A batch of one image does not work (m = 1), while larger ones do: its axis is lost, by squeeze or by an"
        " index. Keep arrays two-dimensional, (1, 784) and (1, 10), so that the last batch of an epoch may have one"
        " image."
    ),
    "short_batch_fails": (
        "A batch shorter than batch_size fails in fit: its size is fixed in a reshape or an array. Take m ="
        " len(images) of the batch at hand; the last one of an epoch has 96 where 128 were asked for."
    ),
    "one_hot_by_largest": (
        "The one-hot targets have as many columns as the largest label of the batch plus 1, so that a batch without"
        " a 9 fails. Write np.eye(10)[labels]."
    ),
    "labels_want_one_hot": (
        "fit works with one-hot labels alone, and gets digits from 0 to 9, shape (n,). Begin fit with labels ="
        " np.eye(10)[labels]."
    ),
    "set_weights_unseen": (
        "set_weights does not reach what predict computes with: get_weights gives the new arrays back, predict goes"
        " on with the old ones, which the layers hold. Write into the layers' own arrays."
    ),
    "get_weights_stale": (
        "get_weights does not return what fit trains: after fit, predict has changed and get_weights has not."
        " Return the arrays that the layers hold now."
    ),
    "weights_in_part": (
        "predict does not depend on the weights alone: with the same weights set, two nets with another past or"
        " another seed differ. get_weights and set_weights leave out something that predict uses; let them hold all"
        " of it."
    ),
    "hidden_size_ignored": (
        "The hidden layer has not the hidden_size that is asked for: the number of hidden units is fixed in the"
        " code. Make W1 of shape (784, hidden_size), b1 (hidden_size,) and W2 (hidden_size, 10)."
    ),
    "bias_not_in_forward": (
        "A bias changes nothing in predict: it is not added in the forward pass. The sums are images @ W1 + b1 and"
        " hidden @ W2 + b2."
    ),
    "array_not_used": (
        "An array of get_weights changes nothing in predict. Return the arrays that the forward pass uses, and no"
        " other."
    ),
    "shape_grows": (
        "A bias grows into a matrix in fit: its gradient keeps one row an image, (m, 1) or (m, H), and NumPy"
        " spreads it over the bias. Sum over the images, the first axis: d_b1 = delta1.sum(axis=0) / m, without"
        " keepdims."
    ),
    "bias_becomes_row": (
        "A bias of shape (n,) becomes one of shape (1, n) in fit, since its gradient keeps the summed axis. Let it have"
        " one shape: sum without keepdims, as in delta1.sum(axis=0), or begin with np.zeros((1, n))."
    ),
    "start_zero": (
        "The starting weights are all 0: the hidden units are one and the same and stay so, with ReLU at 0, and"
        " learn nothing. Draw W1 and W2 at random, such as 2 / np.sqrt(n_in + n_out) * rng.standard_normal((n_in,"
        " n_out))."
    ),
    "start_alike": (
        "The starting weights of all hidden units are alike, so they get the same gradient and stay one unit. Draw"
        " W1 at random, each entry on its own."
    ),
    "start_one_sign": (
        "The starting weights are all of one sign: the hidden units rise and fall together, and the loss at the"
        " start is far from ln 10 = 2.3. Draw them around 0: rng.standard_normal, or rng.random(shape) - 0.5, times"
        " a small number."
    ),
    "start_too_large": (
        "The starting weights are too large: the loss at the start is far above ln 10 = 2.3, which guessing costs,"
        " so softmax is sure of wrong classes and learning starts from a cliff. Multiply what is drawn by 2 /"
        " np.sqrt(n_in + n_out)."
    ),
    "start_too_small": (
        "The starting weights are nearly 0: the hidden units pass next to nothing on, and learning hardly begins."
        " Draw W1 and W2 with a deviation of 2 / np.sqrt(n_in + n_out)."
    ),
    "half_precision": (
        "The weights are held in float16, which has three digits: small steps are lost in rounding. Hold them in"
        " float32 or float64."
    ),
    "start_dead": (
        "At the start every hidden unit is 0 for every image: ReLU lets nothing through, so W1, b1 and W2 get no"
        " gradient. Draw the weights around 0 and start b1 at 0."
    ),
    "start_nan": (
        "The starting weights hold NaN or infinity. Draw them with rng.standard_normal; np.empty holds anything."
    ),
    "softmax_unshifted": (
        "At logits of ±1000 the softmax breaks: exp overflows, or what keeps it from that, such as clipping, gives"
        " other probabilities. Subtract each row's maximum from the logits before exp, and clip nothing; the"
        " probabilities stay the same."
    ),
    "softmax_batch_maximum": (
        "Softmax subtracts the maximum of the whole batch, not of each row: an image whose logits are far below"
        " another image's gets 0 / 0, NaN. Subtract logits.max(axis=1, keepdims=True)."
    ),
    "divides_by_p": (
        "The step becomes NaN or infinite where a probability underflows to 0 or reaches 1, though predict is"
        " right: the gradient divides by p (-y / p) or by 1 - p, or takes a log. Take p - y, which divides by"
        " nothing."
    ),
    "relu_on_logits": (
        "ReLU stands on the logits too: negative ones are cut to 0 before softmax. Logits are hidden @ W2 + b2, as"
        " they are."
    ),
    "softmax_twice": (
        "Softmax is applied twice: to the logits, and again to the probabilities, which makes all classes nearly"
        " alike. Apply it once; a loss that takes logits applies it itself."
    ),
    "logits_squashed": (
        "Sigmoid or tanh stands on the logits, before softmax, so that no class can stand out. Logits are hidden @"
        " W2 + b2, as they are."
    ),
    "predict_logits": (
        "predict returns the logits (or their logarithm of softmax), not probabilities. Return softmax of them:"
        " numbers from 0 to 1 that add up to 1 in each row."
    ),
    "other_network": (
        "This is another network than was asked for, a fact and no mistake in itself. Asked for was 784-H-10 with a"
        " ReLU hidden layer, biases, and softmax with cross-entropy."
    ),
    "predict_differs": (
        "predict gives other probabilities than the network that fit trains. Make both softmax(max(0, images @ W1"
        " + b1) @ W2 + b2), of the images as they come."
    ),
    "not_started": (
        "Nothing is written yet: fit changes no weight and predict knows no image. Fill in the parts marked TO DO,"
        " then check again."
    ),
}  # fmt: skip
