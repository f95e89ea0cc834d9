package dev.muster.job.spark;

import static dev.muster.job.spark.EncodedRecords.tensor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.trial.TrialException;
import dev.muster.trial.data.Dataset;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;
import org.tensorflow.types.TUint8;

class ImageSourceTest {
  private static final int RED = 0xff0000;
  private static final int GREEN = 0x00ff00;
  private static final int BLUE = 0x0000ff;

  private static SparkSession spark;

  @TempDir Path directory;

  @BeforeAll
  static void startSpark() {
    spark = EncodedRecords.session("ImageSourceTest");
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  /** Writes an image of one row of pixels. */
  private File write(String name, int type, int... pixels) throws IOException {
    BufferedImage image = new BufferedImage(pixels.length, 1, type);
    image.setRGB(0, 0, pixels.length, 1, pixels, 0, pixels.length);
    return write(name, image);
  }

  /** Writes an image of one row of grays, as the file shall have them. */
  private void writeGrays(String name, int type, int... samples) throws IOException {
    BufferedImage image = new BufferedImage(samples.length, 1, type);
    image.getRaster().setSamples(0, 0, samples.length, 1, 0, samples);
    write(name, image);
  }

  private File write(String name, BufferedImage image) throws IOException {
    File file = directory.resolve("images").resolve(name).toFile();
    Files.createDirectories(file.getParentFile().toPath());
    String lower = name.toLowerCase(java.util.Locale.ROOT);
    assertThat(ImageIO.write(image, lower.endsWith("png") ? "png" : "jpg", file)).isTrue();
    return file;
  }

  private String images() {
    return directory.resolve("images").toString();
  }

  private static List<Row> rows(Dataset images) {
    return images.source().rows(spark).collectAsList();
  }

  private static byte[] only(Dataset images) {
    List<Row> rows = rows(images);
    assertThat(rows).hasSize(1);
    return rows.get(0).getAs("image");
  }

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  @Test
  void imagesBecomeTensorsWithTheClassOfTheirDirectory() throws IOException {
    write("dog/b.PNG", BufferedImage.TYPE_INT_RGB, RED, 0x010203);
    write("cat/z.png", BufferedImage.TYPE_INT_RGB, GREEN, BLUE);
    write("dog/a.png", BufferedImage.TYPE_3BYTE_BGR, 0x7f8081, 0xfeff00);
    Files.createDirectories(directory.resolve("images/cow")); // a class without images
    Files.createDirectories(directory.resolve("images/.hidden"));
    Files.writeString(directory.resolve("images/cat/notes.txt"), "no image");
    Files.writeString(directory.resolve("images/cat/_x.png"), "no image");
    Files.writeString(directory.resolve("images/top.png"), "in no class");
    String path = images();
    Dataset images =
        Dataset.images(path, 1, 2, 3)
            .feature("image", TUint8.class, Shape.of(1, 2, 3))
            .label("label", TInt64.class)
            .label("class", TString.class);
    assertThat(
            EncodedRecords.values(
                spark,
                images,
                directory,
                (batch, row) -> {
                  TUint8 image = tensor(batch, "image", TUint8.class);
                  byte[] pixels = new byte[6];
                  for (int i = 0; i < 6; i++) {
                    pixels[i] = image.getByte(row, 0, i / 3, i % 3);
                  }
                  return tensor(batch, "label", TInt64.class).getLong(row)
                      + tensor(batch, "class", TString.class).getObject(row)
                      + Arrays.toString(pixels);
                }))
        .containsExactly(
            "0cat" + Arrays.toString(bytes(0, 255, 0, 0, 0, 255)),
            "2dog" + Arrays.toString(bytes(0x7f, 0x80, 0x81, 0xfe, 0xff, 0)),
            "2dog" + Arrays.toString(bytes(255, 0, 0, 1, 2, 3)));
    assertThat(rows(images))
        .extracting(row -> row.<String>getAs("path"))
        .allMatch(file -> file.startsWith("file:/"))
        .extracting(file -> file.substring(file.lastIndexOf("/images/")))
        .containsExactly("/images/cat/z.png", "/images/dog/a.png", "/images/dog/b.PNG");
  }

  @Test
  void graysKeepTheirValues() throws IOException {
    writeGrays("gray8/x.png", BufferedImage.TYPE_BYTE_GRAY, 0, 100, 128, 255);
    assertThat(only(Dataset.images(images(), 1, 4, 1))).isEqualTo(bytes(0, 100, 128, 255));
    assertThat(only(Dataset.images(images(), 1, 4, 3)))
        .isEqualTo(bytes(0, 0, 0, 100, 100, 100, 128, 128, 128, 255, 255, 255));

    writeGrays("gray8/x.png", BufferedImage.TYPE_USHORT_GRAY, 0, 0x1234, 0x80ff, 0xffff);
    assertThat(only(Dataset.images(images(), 1, 4, 1))).isEqualTo(bytes(0, 0x12, 0x80, 255));
  }

  @Test
  void colorsBecomeGrayByTheirLuma() throws IOException {
    write("a/x.png", BufferedImage.TYPE_INT_RGB, RED, GREEN, BLUE, 0xffffff, 0x0a141e);
    assertThat(only(Dataset.images(images(), 1, 5, 1)))
        .isEqualTo(bytes(76, 150, 29, 255, 18)); // .299, .587, .114; 2.99 + 11.74 + 3.42
  }

  @Test
  void transparencyAndPalettesAreResolved() throws IOException {
    write("a/x.png", BufferedImage.TYPE_INT_ARGB, 0x80102030, 0xff405060);
    assertThat(only(Dataset.images(images(), 1, 2, 3)))
        .isEqualTo(bytes(0x10, 0x20, 0x30, 0x40, 0x50, 0x60));

    IndexColorModel palette = new IndexColorModel(1, 2, bytes(0, 9), bytes(255, 8), bytes(1, 7));
    BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_BINARY, palette);
    image.getRaster().setSamples(0, 0, 2, 1, 0, new int[] {1, 0});
    write("a/x.png", image);
    assertThat(only(Dataset.images(images(), 1, 2, 3))).isEqualTo(bytes(9, 8, 7, 0, 255, 1));
  }

  @Test
  void jpegFilesAreDecoded() throws IOException {
    BufferedImage color = new BufferedImage(16, 8, BufferedImage.TYPE_INT_RGB);
    BufferedImage gray = new BufferedImage(16, 8, BufferedImage.TYPE_BYTE_GRAY);
    for (int y = 0; y < 8; y++) {
      for (int x = 0; x < 16; x++) {
        color.setRGB(x, y, 0xc86432);
        gray.getRaster().setSample(x, y, 0, 100);
      }
    }
    write("a/1.jpg", color);
    write("a/2.JPEG", gray);
    List<Row> rows = rows(Dataset.images(images(), 8, 16, 3));
    byte[] first = rows.get(0).getAs("image");
    byte[] second = rows.get(1).getAs("image");
    assertThat(first).hasSize(8 * 16 * 3);
    for (int i = 0; i < first.length; i++) {
      assertThat(first[i] & 0xff).isBetween(expected(i) - 3, expected(i) + 3);
      assertThat(second[i] & 0xff).isBetween(99, 101);
    }
  }

  private static int expected(int place) {
    return List.of(200, 100, 50).get(place % 3);
  }

  @Test
  void imageOfAnotherSizeIsNamedOrResized() throws IOException {
    writeGrays("a/x.png", BufferedImage.TYPE_BYTE_GRAY, 0, 100);
    EncodedRecords.assertRefused(
        spark,
        Dataset.images(images(), 3, 4, 1).feature("image", TUint8.class, Shape.of(3, 4, 1)),
        "Cannot read image file:"
            + images()
            + "/a/x.png: expected 3 x 4 pixels (height x width),"
            + " found 1 x 2; use Dataset.resizedImages to have all of one size");
    // a quarter and three quarters between the centers
    assertThat(only(Dataset.resizedImages(images(), 1, 4, 1))).isEqualTo(bytes(0, 25, 75, 100));
    assertThat(only(Dataset.resizedImages(images(), 2, 1, 1))).isEqualTo(bytes(50, 50));
    assertThat(only(Dataset.resizedImages(images(), 1, 2, 1))).isEqualTo(bytes(0, 100));
    BufferedImage square = new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB);
    square.setRGB(0, 0, 2, 2, new int[] {0x102030, 0x304050, 0x506070, 0x708090}, 0, 2);
    write("a/x.png", square);
    assertThat(only(Dataset.resizedImages(images(), 1, 1, 3))).isEqualTo(bytes(0x40, 0x50, 0x60));
  }

  @Test
  void brokenFileIsNamed() throws IOException {
    BufferedImage noise = new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 64 * 64; i++) {
      noise.setRGB(i % 64, i / 64, i * 0x9e3779b1);
    }
    byte[] png = Files.readAllBytes(write("a/x.png", noise).toPath());
    byte[] jpeg = Files.readAllBytes(write("a/x.png.jpg", noise).toPath());
    Files.delete(directory.resolve("images/a/x.png.jpg"));
    for (byte[] broken :
        List.of(
            new byte[0],
            "no image".getBytes(java.nio.charset.StandardCharsets.UTF_8),
            Arrays.copyOf(png, 20),
            Arrays.copyOf(png, png.length / 2),
            Arrays.copyOf(jpeg, 20),
            Arrays.copyOf(jpeg, jpeg.length / 2))) {
      Files.write(directory.resolve("images/a/x.png"), broken);
      EncodedRecords.assertRefused(
          spark,
          Dataset.images(images(), 64, 64, 3).feature("image", TUint8.class, Shape.of(64, 64, 3)),
          "Cannot read image file:"
              + images()
              + "/a/x.png: expected a PNG or JPEG file, found one"
              + " that cannot be decoded: ",
          "; replace or remove it");
    }
  }

  @Test
  void directoryWithoutImagesIsNamed() throws IOException {
    String images = images();
    assertThatThrownBy(() -> rows(Dataset.images(images, 1, 1, 1)))
        .isInstanceOf(TrialException.class)
        .hasMessage("Cannot read images: expected a directory at " + images + ", found none");
    Files.createDirectories(directory.resolve("images/a"));
    assertThatThrownBy(() -> rows(Dataset.images(images, 1, 1, 1)))
        .isInstanceOf(TrialException.class)
        .hasMessage(
            "Cannot read images: expected .png, .jpg or .jpeg files in the sub-directories of "
                + images
                + ", one for each class, found none in 1 sub-directories");
  }

  @Test
  void sizesAreCheckedAtOnce() {
    assertThatThrownBy(() -> Dataset.images("x", 0, 2, 3))
        .isInstanceOf(TrialException.class)
        .hasMessage(
            "Cannot read images of 0 x 2 with 3 channels: expected a height and width of at least"
                + " 1, and 1 or 3 channels");
    assertThatThrownBy(() -> Dataset.images("x", 2, 2, 4)).isInstanceOf(TrialException.class);
    assertThatThrownBy(() -> Dataset.images("x", 1 << 20, 1 << 20, 3))
        .isInstanceOf(TrialException.class)
        .hasMessageEndingWith("expected less than 1 GiB for each");
    assertThat(Dataset.images("x", 1, 2, 3).source())
        .hasToString("ImageSource[directory=x, height=1, width=2, channels=3, resized=false]");
  }
}
