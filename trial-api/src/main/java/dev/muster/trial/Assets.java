package dev.muster.trial;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The files that a model's SavedModels carry along, by their name there. */
final class Assets {
  private final Map<String, byte[]> files = new LinkedHashMap<>();

  List<String> vocabulary(Path file) {
    byte[] content = read(file);
    String name = String.valueOf(file.getFileName());
    byte[] other = files.putIfAbsent(name, content);
    if (other != null && !Arrays.equals(other, content)) {
      throw new TrialException(
          "Cannot use vocabulary file "
              + file
              + ": another one of the name '"
              + name
              + "' has other content; rename one of them");
    }
    return lines(file, content);
  }

  private static byte[] read(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new TrialException(
          "Cannot read vocabulary file "
              + file
              + ": there is no such file"
              + (file.isAbsolute() ? "" : " in " + Path.of("").toAbsolutePath())
              + "; it must be there on the driver and on every executor",
          e);
    } catch (IOException e) {
      throw new TrialException("Cannot read vocabulary file " + file + ": " + e, e);
    }
  }

  private static List<String> lines(Path file, byte[] content) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(java.nio.ByteBuffer.wrap(content))
          .toString()
          .lines()
          .toList();
    } catch (CharacterCodingException e) {
      throw new TrialException(
          "Cannot read vocabulary file " + file + ": expected text in UTF-8, found other bytes", e);
    }
  }

  Map<String, byte[]> files() {
    return Collections.unmodifiableMap(files);
  }
}
