"""``python -m mnistbench.datasets.keras_mnist``: let Keras download MNIST into its own cache, and end."""

import os
import threading

from mnistbench.machine import die_with_parent

os.environ.pop("KERAS_HOME", None)  # the copy belongs where every Keras looks for it
os.environ |= {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "2"}

import keras

if __name__ == "__main__":
    threading.Thread(target=die_with_parent, args=(0,), daemon=True).start()
    keras.datasets.mnist.load_data()
    os._exit(0)  # the thread still waits for the parent's end
