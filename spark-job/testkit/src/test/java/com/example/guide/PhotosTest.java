package com.example.guide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.testkit.TrialTester;
import dev.muster.testkit.TrialTesterBuilder;
import dev.muster.testkit.Validation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Runs the code of {@code docs/preparing-data.md}. */
class PhotosTest {
  private static List<Map<String, Object>> photos(int count) {
    Random random = new Random(3);
    List<Map<String, Object>> photos = new ArrayList<>();
    for (int photo = 0; photo < count; photo++) {
      byte[] pixels = new byte[16];
      for (int pixel = 0; pixel < pixels.length; pixel++) {
        pixels[pixel] = (byte) (random.nextInt(120) + (photo % 2 == 0 ? 0 : 130));
      }
      photos.add(Map.of("pixels", pixels, "bright", (long) (photo % 2)));
    }
    return photos;
  }

  private static TrialTesterBuilder trial() {
    return TrialTester.of(PhotosTrial.class)
        .hparam("global_batch_size", 16)
        .set("data.photos", "not read here")
        .set("data.labels", "not read here")
        .trainingData(photos(250))
        .validationData(photos(250));
  }

  @Test
  void tellsBrightPhotosFromDarkOnes() {
    try (TrialTester tester = trial().slots(2).open()) {
      tester.train(100);
      Validation validation = tester.validate();
      assertThat(validation.scalar("accuracy")).isGreaterThan(0.9);
    }
  }
}
