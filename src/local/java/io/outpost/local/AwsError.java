package io.outpost.local;

/** An error in the answer of an emulated service, with the code that AWS documents. */
final class AwsError extends RuntimeException {

  private final int status;
  private final String code;

  AwsError(int status, String code, String message) {
    super(message, null, false, false);
    this.status = status;
    this.code = code;
  }

  /** The HTTP status. */
  int status() {
    return status;
  }

  /** AWS's error code, for example {@code ResourceNotFoundException}. */
  String code() {
    return code;
  }

  static AwsError invalid(String message) {
    return new AwsError(400, "InvalidParameterException", message);
  }

  static AwsError refused(String message) {
    return new AwsError(400, "InvalidRequestException", message);
  }

  static AwsError missing(String message) {
    return new AwsError(400, "ResourceNotFoundException", message);
  }

  static AwsError exists(String message) {
    return new AwsError(400, "ResourceExistsException", message);
  }
}
