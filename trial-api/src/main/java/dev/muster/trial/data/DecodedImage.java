package dev.muster.trial.data;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/** An image's colors, 8 bits each, in memory. */
final class DecodedImage {
  private static final Pattern LOSS =
      Pattern.compile("premature|truncated|bad huffman", Pattern.CASE_INSENSITIVE);

  private final int height;
  private final int width;
  private final int[] pixels; // 0xrrggbb, row by row

  private DecodedImage(int height, int width, int[] pixels) {
    this.height = height;
    this.width = width;
    this.pixels = pixels;
  }

  /**
   * The bytes of an image, row by row, in the size and channels of the source.
   *
   * @throws IOException naming the file, if it is no image, or has another size
   */
  static byte[] bytes(byte[] file, String path, ImageSource source) throws IOException {
    DecodedImage image;
    try {
      image = decode(file, path, source);
    } catch (WrongSizeException e) {
      throw e;
    } catch (IOException | RuntimeException e) { // Java's decoders throw both at broken files
      IOException failure = new IOException(message(path, e));
      failure.addSuppressed(e); // no cause: the job shows the last one's message
      throw failure;
    }
    boolean fits = image.height == source.height() && image.width == source.width();
    return (fits ? image : image.resized(source.height(), source.width())).bytes(source.channels());
  }

  private static String message(String path, Exception e) {
    String fact = e.getMessage();
    return "Cannot read image "
        + path
        + ": expected a PNG or JPEG file, found one that cannot be decoded: "
        + (fact == null ? e.toString() : fact)
        + "; replace or remove it";
  }

  private static final class WrongSizeException extends IOException {
    private static final long serialVersionUID = 1L;

    WrongSizeException(String message) {
      super(message);
    }
  }

  private static DecodedImage decode(byte[] file, String path, ImageSource source)
      throws IOException {
    // In memory: ImageIO's own stream would write a file for each image.
    try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(file))) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
      if (!readers.hasNext()) {
        throw new IOException("it begins like neither");
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(in, true, true);
        int height = reader.getHeight(0);
        int width = reader.getWidth(0);
        if (!source.resized() && (height != source.height() || width != source.width())) {
          throw new WrongSizeException(
              "Cannot read image %s: expected %d x %d pixels (height x width), found %d x %d; use Dataset.resizedImages to have all of one size"
                  .formatted(path, source.height(), source.width(), height, width));
        }
        List<String> warnings = new ArrayList<>();
        reader.addIIOReadWarningListener((unused, warning) -> warnings.add(warning));
        int[] pixels = pixels(reader.read(0));
        refuseLoss(warnings);
        return new DecodedImage(height, width, pixels);
      } finally {
        reader.dispose();
      }
    }
  }

  /** What is missing of a JPEG file, its decoder fills with gray. */
  private static void refuseLoss(List<String> warnings) throws IOException {
    for (String warning : warnings) {
      if (LOSS.matcher(warning).find()) {
        throw new IOException(warning);
      }
    }
  }

  /** As the file has them. Java would brighten grays, as it takes them for linear ones. */
  private static int[] pixels(BufferedImage image) {
    int height = image.getHeight();
    int width = image.getWidth();
    if (image.getColorModel().getColorSpace().getType() != ColorSpace.TYPE_GRAY
        || image.getColorModel() instanceof IndexColorModel) {
      return image.getRGB(0, 0, width, height, null, 0, width);
    }
    Raster raster = image.getRaster();
    int[] pixels = raster.getSamples(0, 0, width, height, 0, (int[]) null);
    int shift = raster.getTransferType() == DataBuffer.TYPE_USHORT ? 8 : 0;
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (pixels[i] >> shift) * 0x010101;
    }
    return pixels;
  }

  /**
   * Bilinear between the pixels' centers, as {@code tf.image.resize} has it: no Java2D, whose
   * results differ between platforms.
   */
  private DecodedImage resized(int toHeight, int toWidth) {
    int[] resized = new int[toHeight * toWidth];
    float down = (float) height / toHeight;
    float right = (float) width / toWidth;
    for (int row = 0; row < toHeight; row++) {
      float y = (row + 0.5f) * down - 0.5f;
      int above = (int) Math.floor(y);
      int top = Math.max(above, 0) * width;
      int bottom = Math.min(above + 1, height - 1) * width;
      for (int column = 0; column < toWidth; column++) {
        float x = (column + 0.5f) * right - 0.5f;
        int before = (int) Math.floor(x);
        int left = Math.max(before, 0);
        int next = Math.min(before + 1, width - 1);
        int pixel = 0;
        for (int shift = 16; shift >= 0; shift -= 8) {
          float upper = between(pixels[top + left], pixels[top + next], shift, x - before);
          float lower = between(pixels[bottom + left], pixels[bottom + next], shift, x - before);
          pixel |= Math.round(upper + (lower - upper) * (y - above)) << shift;
        }
        resized[row * toWidth + column] = pixel;
      }
    }
    return new DecodedImage(toHeight, toWidth, resized);
  }

  private static float between(int first, int second, int shift, float part) {
    int from = first >> shift & 0xff;
    int to = second >> shift & 0xff;
    return from + (to - from) * part;
  }

  private byte[] bytes(int channels) {
    byte[] bytes = new byte[pixels.length * channels];
    for (int i = 0, at = 0; i < pixels.length; i++) {
      int red = pixels[i] >> 16 & 0xff;
      int green = pixels[i] >> 8 & 0xff;
      int blue = pixels[i] & 0xff;
      if (channels == 1) { // the luma of ITU-R BT.601, which JPEG stores
        bytes[at++] = (byte) ((299 * red + 587 * green + 114 * blue + 500) / 1000);
      } else {
        bytes[at++] = (byte) red;
        bytes[at++] = (byte) green;
        bytes[at++] = (byte) blue;
      }
    }
    return bytes;
  }
}
