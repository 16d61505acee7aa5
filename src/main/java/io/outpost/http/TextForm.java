package io.outpost.http;

import com.networknt.schema.ExecutionContext;
import com.networknt.schema.format.Format;
import io.outpost.kernel.MailAddress;
import io.outpost.kernel.Times;
import io.outpost.kernel.VisibleName;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * A {@code format} of the contract that Java checks, in linear time, with a sentence that explains
 * the fault. Immutable.
 */
final class TextForm implements Format {

  /** All formats. */
  static final List<TextForm> ALL =
      List.of(
          new TextForm("name", VisibleName::fault),
          new TextForm("email", MailAddress::fault),
          new TextForm("date-time", Times::fault));

  private final String name;
  private final Function<String, Optional<String>> fault;

  private TextForm(String name, Function<String, Optional<String>> fault) {
    this.name = name;
    this.fault = fault;
  }

  /** The fault of a text; empty for a valid text, or for a format that Java does not check. */
  static Optional<String> fault(String format, String text) {
    return ALL.stream()
        .filter(form -> form.name.equals(format))
        .findFirst()
        .flatMap(form -> form.fault.apply(text));
  }

  @Override
  public String getName() {
    return name;
  }

  @Override
  public boolean matches(ExecutionContext execution, String text) {
    return fault.apply(text).isEmpty();
  }
}
