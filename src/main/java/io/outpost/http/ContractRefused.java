package io.outpost.http;

/** The contract addition of a mounted folder cannot be served; the message names file and line. */
public final class ContractRefused extends IllegalStateException {

  private static final long serialVersionUID = 1L;

  private final int line;
  private final String fault;

  ContractRefused(int line, String fault) {
    super(ContractFile.ADDITION + ":" + line + ": " + fault);
    this.line = line;
    this.fault = fault;
  }

  /** The line of the fault; the first is 1. */
  public int line() {
    return line;
  }

  /** The fault in words. */
  public String fault() {
    return fault;
  }
}
