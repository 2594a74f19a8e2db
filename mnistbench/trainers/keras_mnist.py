"""``python -m mnistbench.trainers.keras_mnist``: let Keras download MNIST into its own cache, and end."""

import os

os.environ.pop("KERAS_HOME", None)  # the copy belongs where every Keras looks for it
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras

if __name__ == "__main__":
    keras.datasets.mnist.load_data()
