package dev.muster.job.spark;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;

/** Exceptions as texts, for the wire and for people. */
final class StackTraces {
  private static final int MAX_MESSAGE = 8_000;
  private static final int MAX_TRACE = 64_000;

  private StackTraces() {}

  static String message(Throwable failure) {
    String message = failure.getMessage();
    return message == null ? "" : shorten(message, MAX_MESSAGE);
  }

  static String of(Throwable failure) {
    StringWriter text = new StringWriter();
    failure.printStackTrace(new PrintWriter(text, true));
    return shorten(text.toString(), MAX_TRACE);
  }

  /** The last of its causes, or itself. */
  static Throwable rootCause(Throwable thrown) {
    Throwable root = thrown;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root;
  }

  /** The text without the secret in any of the forms that Java prints bytes in. */
  static String redact(String text, Blob secret) {
    byte[] bytes = secret.bytes();
    if (bytes.length == 0) {
      return text;
    }
    String hex = HexFormat.of().formatHex(bytes);
    String redacted = text;
    for (String form :
        new String[] {
          hex,
          hex.toUpperCase(Locale.ROOT),
          Base64.getEncoder().encodeToString(bytes),
          Base64.getEncoder().withoutPadding().encodeToString(bytes),
          Base64.getUrlEncoder().encodeToString(bytes),
          Base64.getUrlEncoder().withoutPadding().encodeToString(bytes),
          Arrays.toString(bytes)
        }) {
      redacted = redacted.replace(form, "<secret>");
    }
    return redacted;
  }

  private static String shorten(String text, int limit) {
    if (text.length() <= limit) {
      return text;
    }
    return text.substring(0, limit) + "… (" + (text.length() - limit) + " more characters)";
  }
}
