package dev.muster.job.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.trial.TrialException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.Result;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.NdArrays;
import org.tensorflow.ndarray.StdArrays;
import org.tensorflow.proto.BytesList;
import org.tensorflow.proto.Example;
import org.tensorflow.proto.Feature;
import org.tensorflow.proto.Features;
import org.tensorflow.proto.FloatList;
import org.tensorflow.proto.Int64List;
import org.tensorflow.proto.SavedModel;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;

/** The SavedModels of a checkpoint, opened as another program opens them. */
class ServingTest {
  private static final float[] X = {0.5f, -1, 2, 3};

  @TempDir static Path folder;

  private static Path checkpoint;

  private static TrialDefinition definition(Path vocabulary) {
    return new TrialDefinition(
        "e",
        1,
        7,
        ServingTrial.class.getName(),
        Map.of(
            "hyperparameters",
            Map.of("global_batch_size", 2L, "vocabulary", vocabulary.toString())),
        1);
  }

  @BeforeAll
  static void writeACheckpointAndLoseTheVocabulary() throws Exception {
    Path vocabulary = Files.writeString(folder.resolve("words.txt"), "dog\ncat\nbird\n");
    checkpoint = Files.createDirectories(folder.resolve("checkpoint"));
    try (Replica replica =
        Replica.build(
            definition(vocabulary), 0, new ReplicaSettings(1, folder), FirstValues.NO_DATA)) {
      replica.initialize();
      replica.checkpoint(checkpoint, Map.of());
    }
    Files.delete(vocabulary);
  }

  private static SavedModelBundle load(String receiver) {
    return SavedModelBundle.load(checkpoint.resolve(receiver).resolve("0").toString(), "serve");
  }

  private static byte[] example(float[] x, @Nullable Long age, @Nullable String word) {
    Features.Builder features = Features.newBuilder();
    FloatList.Builder floats = FloatList.newBuilder();
    for (float value : x) {
      floats.addValue(value);
    }
    features.putFeature("x", Feature.newBuilder().setFloatList(floats).build());
    if (age != null) {
      features.putFeature(
          "age", Feature.newBuilder().setInt64List(Int64List.newBuilder().addValue(age)).build());
    }
    if (word != null) {
      features.putFeature(
          "word",
          Feature.newBuilder()
              .setBytesList(
                  BytesList.newBuilder()
                      .addValue(com.google.protobuf.ByteString.copyFromUtf8(word)))
              .build());
    }
    return Example.newBuilder().setFeatures(features).build().toByteArray();
  }

  private static TString examples(byte[]... serialized) {
    return TString.tensorOfBytes(NdArrays.vectorOfObjects(serialized));
  }

  private static float[] floats(Result result, String name) {
    TFloat32 tensor = (TFloat32) result.get(name).orElseThrow();
    float[] values = new float[(int) tensor.size()];
    tensor.asRawTensor().data().asFloats().read(values);
    return values;
  }

  private static float[] logits() {
    try (SavedModelBundle model = load("tensors");
        TFloat32 x =
            TFloat32.tensorOf(StdArrays.ndCopyOf(new float[][] {{X[0], X[1]}, {X[2], X[3]}}));
        TInt32 age = TInt32.vectorOf(30, 40);
        TString word = TString.vectorOf("bird", "cat");
        Result result = model.function("serving_default").call(inputs(x, age, word))) {
      assertThat(((TInt64) result.get("place").orElseThrow()).streamOfObjects())
          .containsExactly(2L, 1L);
      return floats(result, "logits");
    }
  }

  private static Map<String, Tensor> inputs(Tensor x, Tensor age, Tensor word) {
    return Map.of("x", x, "age", age, "word", word);
  }

  @Test
  void examplesAreParsedByTheServedModelWithDefaultsForWhatTheyLack() {
    try (SavedModelBundle model = load("examples");
        TString examples =
            examples(
                example(new float[] {X[0], X[1]}, 30L, "bird"),
                example(new float[] {X[2], X[3]}, null, null));
        Result result =
            model.function("serving_default").call(Map.of("examples", (Tensor) examples))) {
      assertThat(floats(result, "logits")).containsExactly(logits());
      assertThat(((TInt32) result.get("age").orElseThrow()).streamOfObjects())
          .containsExactly(30, 40);
      assertThat(((TInt64) result.get("place").orElseThrow()).streamOfObjects())
          .containsExactly(2L, 1L);
    }
  }

  @Test
  void exampleWithoutAFeatureThatHasNoDefaultIsAnErrorOfTheRequest() {
    try (SavedModelBundle model = load("examples");
        TString examples = examples(Example.getDefaultInstance().toByteArray())) {
      assertThatThrownBy(
              () -> model.function("serving_default").call(Map.of("examples", (Tensor) examples)))
          .hasMessageContaining("x")
          .hasMessageContaining("required");
    }
  }

  @Test
  void modelHasAllSignaturesAndThatForClassesOnlyWhereExamplesComeIn() {
    try (SavedModelBundle tensors = load("tensors");
        SavedModelBundle examples = load("examples")) {
      assertThat(tensors.signatures().stream().map(s -> s.key()))
          .containsExactlyInAnyOrder("serving_default", "scores");
      assertThat(examples.signatures().stream().map(s -> s.key()))
          .containsExactlyInAnyOrder("serving_default", "scores", "classify");
      var classify = examples.function("classify").signature();
      assertThat(classify.methodName()).isEqualTo("tensorflow/serving/classify");
      assertThat(classify.inputNames()).containsExactly("inputs");
      assertThat(classify.outputNames()).containsExactlyInAnyOrder("classes", "scores");
      assertThat(examples.function("scores").signature().methodName())
          .isEqualTo("tensorflow/serving/predict");
    }
  }

  @Test
  void vocabularyFileIsAnAssetOfEachModel() throws Exception {
    for (String receiver : List.of("tensors", "examples")) {
      Path model = checkpoint.resolve(receiver).resolve("0");
      assertThat(model.resolve("assets/words.txt")).hasContent("dog\ncat\nbird\n");
      SavedModel saved = SavedModel.parseFrom(Files.readAllBytes(model.resolve("saved_model.pb")));
      assertThat(saved.getMetaGraphs(0).getAssetFileDefList())
          .singleElement()
          .satisfies(
              asset -> {
                assertThat(asset.getFilename()).isEqualTo("words.txt");
                assertThat(asset.getTensorInfo().getName()).isEqualTo("assets/Const:0");
              });
    }
  }

  @Test
  void missingVocabularyFileIsNamedOnTheDriver() {
    Path nowhere = folder.resolve("nowhere.txt");
    assertThatThrownBy(() -> TrialCheck.of(definition(nowhere)).close())
        .isInstanceOf(TrialException.class)
        .hasMessageStartingWith(
            "Cannot read vocabulary file "
                + nowhere
                + ": there is no such file; it must be there on the driver and on every executor");
  }
}
