package io.outpost.kernel;

import java.util.Optional;

/**
 * Checks e-mail addresses by the rules of mail servers and Stripe: ASCII, without quotes, with a
 * domain of at least two labels.
 */
public final class MailAddress {

  private static final String IN_LOCAL_PART = "!#$%&'*+-/=?^_`{|}~.";
  private static final int LONGEST_LOCAL_PART = 64;
  private static final int LONGEST_LABEL = 63;

  private MailAddress() {}

  /** What is wrong with an address, worded as a remedy; empty for a valid one. */
  public static Optional<String> fault(String address) {
    var at = address.indexOf('@');
    if (at < 1 || at != address.lastIndexOf('@') || at == address.length() - 1) {
      return Optional.of("must be an address such as dev@example.com");
    }
    return localFault(address.substring(0, at)).or(() -> domainFault(address.substring(at + 1)));
  }

  private static Optional<String> localFault(String local) {
    if (!local.chars().allMatch(c -> isLetterOrDigit(c) || IN_LOCAL_PART.indexOf(c) >= 0)) {
      return Optional.of(
          "may have letters, digits and "
              + IN_LOCAL_PART
              + " before the @; spaces and letters outside ASCII reach no mailbox");
    }
    if (local.startsWith(".") || local.endsWith(".") || local.contains("..")) {
      return Optional.of("must not begin or end with a dot before the @, nor have two in a row");
    }
    return local.length() > LONGEST_LOCAL_PART
        ? Optional.of("must not have more than 64 characters before the @")
        : Optional.empty();
  }

  private static Optional<String> domainFault(String domain) {
    var labels = domain.split("\\.", -1);
    if (labels.length < 2) {
      return Optional.of("must have a domain with a dot after the @, such as example.com");
    }
    for (var label : labels) {
      if (!isLabel(label)) {
        return Optional.of(
            "must have a domain after the @ whose parts are letters, digits and inner hyphens;"
                + " write others in their xn-- form");
      }
    }
    return labels[labels.length - 1].chars().allMatch(c -> c >= '0' && c <= '9')
        ? Optional.of("must not end in a number: an IP address is no mail domain")
        : Optional.empty();
  }

  private static boolean isLabel(String label) {
    return !label.isEmpty()
        && label.length() <= LONGEST_LABEL
        && !label.startsWith("-")
        && !label.endsWith("-")
        && label.chars().allMatch(c -> isLetterOrDigit(c) || c == '-');
  }

  private static boolean isLetterOrDigit(int c) {
    return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
  }
}
