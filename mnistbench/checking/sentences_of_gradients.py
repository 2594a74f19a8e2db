"""What is said of mistakes in the gradient of one batch, and of the weights that it is taken off."""

GRADIENTS = {
    "sum_over_batch": (
        "The gradients are the sum over the batch, not its mean: too large by the number of images m. Divide each"
        " of d_W1, d_b1, d_W2 and d_b2 by m, once."
    ),
    "asked_batch_size": (
        "A short batch is divided by the batch size asked for, not by its own: too small by m / batch_size. Divide"
        " by len(images) of the batch at hand (the last one of an epoch has 96 where 128 were asked for)."
    ),
    "divided_twice": (
        "The gradients are divided by the batch's size twice: too small by m. Divide by m either in the output's"
        " error or in the gradients."
    ),
    "divided_by_constant": (
        "The gradients are the sum over the batch divided by a fixed number, whatever the batch's own size. Divide by"
        " m = len(images) of the batch at hand, once (the last one of an epoch may be short)."
    ),
    "mean_over_classes": (
        "The gradients are divided by the ten classes too: too small by 10. The mean is over images alone; the loss"
        " of one image is a sum over its classes."
    ),
    "sign_flipped": (
        "The step has the wrong sign: it climbs the loss. Subtract lr · gradient from the weights; and the output's"
        " error is p - y, not y - p."
    ),
    "sign_flipped_output": (
        "W2 and b2 step with the wrong sign, W1 and b1 with the right one: the output layer climbs the loss."
        " Subtract lr · gradient from all four."
    ),
    "sign_flipped_hidden": (
        "W1 and b1 step with the wrong sign, W2 and b2 with the right one: the hidden layer climbs the loss. Take"
        " the same delta2 = p - y back through W2.T, and subtract lr · gradient."
    ),
    "sign_flipped_biases": (
        "The biases step with the wrong sign, W1 and W2 with the right one. Subtract lr * d_b1 and lr * d_b2."
    ),
    "lr_twice": "The learning rate is applied twice: the step is lr² · gradient. Multiply by lr once, in the update.",
    "lr_missing": (
        "The learning rate is not applied: the step is the gradient itself, whatever lr. Update by W -= lr * d_W,"
        " with the lr given to __init__."
    ),
    "lr_missing_biases": (
        "The learning rate is not applied to the biases: they step by the gradient itself, whatever lr. Update by b"
        " -= lr * d_b."
    ),
    "nothing_trained": (
        "fit changes no weight at all: its gradients are 0, or go to copies and are never used. Let it subtract lr"
        " · gradient from the arrays that get_weights returns."
    ),
    "only_output_layer": (
        "Only the output layer is trained: W1 and b1 stay as they were. Take the error back to the hidden layer,"
        " delta1 = (delta2 @ W2.T) * (hidden > 0), and update W1 and b1 with it."
    ),
    "only_hidden_layer": (
        "Only the hidden layer is trained: W2 and b2 stay as they were. Update them too, by d_W2 = hidden.T @"
        " delta2 / m and d_b2 = delta2.sum(axis=0) / m."
    ),
    "biases_frozen": (
        "The biases b1 and b2 never move: they are not updated, or by 0. Subtract lr * d_b1 with d_b1 ="
        " delta1.sum(axis=0) / m, and lr * d_b2 with d_b2 = delta2.sum(axis=0) / m (over axis 1 it comes out as 0)."
    ),
    "w1_frozen": (
        "W1 never moves: it is not updated, or by 0. Subtract lr * d_W1 with d_W1 = images.T @ delta1 / m."
    ),
    "b1_frozen": (
        "b1 never moves: it is not updated, or by 0. Subtract lr * d_b1 with d_b1 = delta1.sum(axis=0) / m (a sum of"
        " delta2 over its classes comes out as 0, since each row of p - y adds up to 0)."
    ),
    "w2_frozen": (
        "W2 never moves: it is not updated, or by 0. Subtract lr * d_W2 with d_W2 = hidden.T @ delta2 / m."
    ),
    "b2_frozen": (
        "b2 never moves: it is not updated, or by 0. Subtract lr * d_b2 with d_b2 = delta2.sum(axis=0) / m (over axis"
        " 1 it comes out as 0, since each row of p - y adds up to 0)."
    ),
    "array_frozen": "An array of get_weights is not moved by fit. Subtract lr · gradient from every one of them.",
    "bias_wrong_axis": (
        "The bias gradients are summed over the wrong axis: one number a unit is due, one an image (or a single"
        " one) was taken. Sum over the images: d_b1 = delta1.sum(axis=0) / m, d_b2 = delta2.sum(axis=0) / m."
    ),
    "bias_sum_over_batch": (
        "The bias gradients are the sum over the batch, not its mean: too large by the number of images m, while"
        " d_W1 and d_W2 are right. Divide d_b1 and d_b2 by m as well."
    ),
    "array_divided_twice": (
        "One gradient is divided by the batch's size twice: too small by m, while the others are right. Divide each"
        " by m once."
    ),
    "array_sum_over_batch": (
        "One gradient is the sum over the batch, not its mean: too large by m, while the others are right. Divide"
        " each by m once."
    ),
    "hidden_divided_twice": (
        "d_W1 and d_b1 are divided by the batch's size twice: too small by m, while d_W2 and d_b2 are right. Where"
        " delta2 is divided by m, delta1 = (delta2 @ W2.T) * (hidden > 0) is divided with it: not once more."
    ),
    "output_divided_twice": (
        "d_W2 and d_b2 are divided by the batch's size twice: too small by m, while d_W1 and d_b1 are right. Divide"
        " each by m once."
    ),
    "hidden_sum_over_batch": (
        "d_W1 and d_b1 are the sum over the batch, not its mean: too large by m, while d_W2 and d_b2 are right. Divide"
        " d_W1 and d_b1 by m as well."
    ),
    "output_sum_over_batch": (
        "d_W2 and d_b2 are the sum over the batch, not its mean: too large by m, while d_W1 and d_b1 are right. Divide"
        " d_W2 and d_b2 by m as well."
    ),
    "bias_divided_twice": (
        "The bias gradients are divided by m twice: too small by the number of images, while d_W1 and d_W2 are"
        " right. Where delta is divided by m already, d_b is its sum over the images, not its mean:"
        " delta.sum(axis=0)."
    ),
    "weights_sum_over_batch": (
        "d_W1 and d_W2 are the sum over the batch, not its mean: too large by the number of images m, while the"
        " bias gradients are right. Divide d_W1 and d_W2 by m as well."
    ),
    "relu_derivative_missing": (
        "d_W1 and d_b1 are as if the derivative of the hidden layer's activation were left out: multiply the hidden"
        " error by it, for ReLU by 1 where the hidden unit was above 0, else by 0."
    ),
    "relu_derivative_at_zero": (
        "d_W1 and d_b1 are as if the derivative of ReLU were taken as hidden >= 0, which is always true, since a"
        " dead unit's activation is 0: its error leaks. Take hidden > 0."
    ),
    "relu_derivative_of_another": (
        "The hidden error is multiplied by ReLU's derivative, 1 where the hidden unit is above 0, and the hidden layer"
        " is no ReLU. Multiply by its own: 1 - hidden**2 for tanh, hidden * (1 - hidden) for a sigmoid, the slope on"
        " either side for a leaky ReLU; without an activation there is none. Or make the hidden layer a ReLU."
    ),
    "relu_derivative_is_hidden": (
        "The hidden error is multiplied by the hidden values themselves, where ReLU's derivative belongs, which is"
        " 0 or 1. Multiply by hidden > 0."
    ),
    "relu_derivative_of_error": (
        "ReLU's derivative is taken of the error that comes back, not of the hidden units: the error is cut where"
        " it is negative itself. Multiply delta2 @ W2.T by hidden > 0."
    ),
    "relu_derivative_on_output": (
        "ReLU's derivative is applied to the output's error too: p - y is cut where a logit is not above 0. No ReLU"
        " stands on the logits: take delta2 = p - y, and the derivative in the hidden error alone."
    ),
    "relu_derivative_flipped": (
        "ReLU's derivative is the wrong way round: the error passes where the hidden unit was 0 and is cut where it"
        " was above. Multiply by hidden > 0."
    ),
    "relu_derivative_leaky": (
        "The hidden layer is ReLU and its derivative that of a leaky ReLU: a share of the error passes dead units."
        " Multiply by hidden > 0."
    ),
    "sigmoid_derivative": (
        "d_W1 and d_b1 are as if the hidden layer were a sigmoid: its derivative s(1 - s) stands where the"
        " activation's own belongs. For ReLU, multiply the hidden error by hidden > 0."
    ),
    "derivative_of_value_twice": (
        "The activation is applied again inside its own derivative: to the hidden values h, which are activations"
        " already. A sigmoid's derivative is h * (1 - h), a tanh's 1 - h²."
    ),
    "derivative_of_sums": (
        "The activation's derivative is written for its values and taken of the sums before it, such as v * (1 - v)"
        " for a sigmoid or 1 - v² for a tanh. Put the activation's values in: h * (1 - h), or 1 - h²."
    ),
    "tanh_derivative": (
        "d_W1 and d_b1 are as if the hidden layer were a tanh: its derivative 1 - t² stands where the activation's"
        " own belongs. For ReLU, multiply the hidden error by hidden > 0."
    ),
    "mask_for_hidden": (
        "d_W2 is made with ReLU's derivative, a mask of 0 and 1, in place of the hidden values: they are"
        " overwritten, in place, before d_W2 uses them, or the wrong array is taken. d_W2 = hidden.T @ delta2 / m;"
        " let the derivative be an array of its own, hidden > 0."
    ),
    "sums_for_hidden": (
        "d_W2 is made with the hidden layer's sums before the activation, not with its values. Take d_W2 = hidden.T"
        " @ delta2 / m, with hidden = np.maximum(v, 0)."
    ),
    "softmax_derivative_on_top": (
        "Softmax's derivative is applied on top of p - y, which contains it already: softmax and cross-entropy"
        " differentiated together leave p - y. Take delta2 = p - y and nothing more."
    ),
    "softmax_twice_in_fit": (
        "fit applies softmax twice: its loss takes logits and applies softmax itself, and it is given"
        " probabilities. The differences between classes nearly vanish. Give the loss the logits, hidden @ W2 + b2."
    ),
    "logarithm_missing": (
        "The loss is -p of the true class, without the logarithm: p - y is multiplied by that p, so that the worst"
        " guesses count least. Take delta2 = p - y; a loss that takes logarithms, as NLLLoss, wants log_softmax."
    ),
    "softmax_diagonal": (
        "Only the diagonal of softmax's derivative, p(1 - p), is used with -y / p: the error is zero for all"
        " classes but the true one. Softmax's Jacobian has off-diagonal terms; all together it is delta2 = p - y."
    ),
    "softmax_derivative_missing": (
        "The output's error is -y / p, the derivative of the loss by p, and is not taken back through softmax."
        " Softmax and cross-entropy together leave delta2 = p - y."
    ),
    "probability_for_error": "The output's error is p itself: the targets are never subtracted. Take delta2 = p - y.",
    "targets_for_error": (
        "The output's error is -y alone, or of the true class alone: p is left out of it. Take delta2 = p - y."
    ),
    "logits_for_probabilities": (
        "The output's error is made of the logits, before softmax, in place of the probabilities. Take delta2 = p -"
        " y."
    ),
    "squared_error": "The output's error is that of a squared error, not of cross-entropy. Take delta2 = p - y.",
    "absolute_error": (
        "The output's error is that of the absolute difference, whose derivative is 1 or -1 however far p is off. Take"
        " delta2 = p - y."
    ),
    "binary_cross_entropy": (
        "The output's error is that of the binary cross-entropy of each class, not of cross-entropy. With softmax"
        " take delta2 = p - y."
    ),
    "error_of_rounded_output": (
        "The output's error is made of the answer (argmax or rounded p) in place of the probabilities. Take delta2"
        " = p - y."
    ),
    "only_misclassified": (
        "Images that are classified rightly take no part in the step, as in a perceptron. Cross-entropy counts"
        " every image: delta2 = p - y for all."
    ),
    "labels_of_all_rows": (
        "Every row of the batch has the labels of the whole batch as its targets: each row is set to 1 (or has 1"
        " subtracted) at all labels. That is p[:, labels] -= 1, or one-hot of labels of shape (m, 1). Write"
        " p[np.arange(m), labels] -= 1, or np.eye(10)[labels] with labels of shape (m,)."
    ),
    "labels_not_one_hot": (
        "The labels are subtracted as numbers from 0 to 9, p - labels, not as one-hot targets. Take delta2 = p -"
        " np.eye(10)[labels]."
    ),
    "labels_shifted": (
        "The labels are shifted by one: each image is trained as its digit's neighbour. Digit k belongs to column"
        " k, counted from 0: np.eye(10)[labels]."
    ),
    "labels_reversed": (
        "The targets run backwards: digit k is trained as 9 - k. Digit k belongs to column k: np.eye(10)[labels]."
    ),
    "labels_reshaped": (
        "The one-hot targets are made columns by reshape, where a transpose belongs, which mixes the targets of the"
        " batch's images. Take y.T, not y.reshape(10, -1)."
    ),
    "labels_smoothed": (
        "The targets are other numbers than 0 and 1, such as 0.1 and 0.9. Cross-entropy as it is asked for has"
        " np.eye(10)[labels]."
    ),
    "w2_updated_first": (
        "W2 is updated before the hidden error is taken through it. Compute all four gradients from the old"
        " weights, then update."
    ),
    "w2_not_transposed": (
        "d_W1 and d_b1 come from W2 that is not transposed (or reshaped, which mixes its entries). The hidden error"
        " is (delta2 @ W2.T) * (hidden > 0), with W2.T of shape (10, H)."
    ),
    "gradient_reshaped": (
        "A gradient is brought to its shape by reshape where a transpose belongs, which mixes its entries. Take"
        " d_W1 = images.T @ delta1 / m and d_W2 = hidden.T @ delta2 / m."
    ),
    "layers_swapped": (
        "The gradients of the two layers have changed places. W1 and b1 are updated with the hidden error delta1,"
        " W2 and b2 with the output's error delta2."
    ),
    "bias_left_out_in_fit": (
        "fit leaves a bias out of its forward pass, and predict adds it: the gradients are of other probabilities."
        " Use one forward pass in both."
    ),
    "images_not_divided": (
        "The images are 255 times too large. They come as pixels from 0 to 1: take them as they are."
    ),
    "images_divided_twice": (
        "The images are divided by 255 once more. They come as pixels from 0 to 1 already: take them as they are."
    ),
    "images_cast_to_whole_numbers": (
        "The images are cast to integers (whole numbers) in fit: pixels from 0 to 1 become 0, nearly all of them."
        " Keep them as floats."
    ),
    "images_scaled_in_fit": (
        "fit trains on scaled or shifted images, and predict takes them as they come: the two see other numbers. Do"
        " the same in both, here nothing."
    ),
    "gradients_rounded": (
        "The gradients are whole numbers: they are rounded, by // in place of / or by a cast to integers. Keep them"
        " as floats."
    ),
    "step_nan": (
        "One ordinary step makes the weights NaN or infinite, while predict is finite before it. Look for a"
        " division by 0 in fit (the deviation of a pixel that never changes is 0) or for a log of 0."
    ),
    "factor": (
        "The gradients are right but for a factor: each array's step is the same number of times too large or too"
        " small. Look for a number in the loss, its derivative or the update that does not belong there."
    ),
    "factor_of_arrays": (
        "Some arrays' gradients are right and others are right but for a factor. Look for a number in their lines"
        " that does not belong there."
    ),
}  # fmt: skip
