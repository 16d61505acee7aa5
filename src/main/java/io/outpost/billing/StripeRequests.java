package io.outpost.billing;

import com.stripe.net.ApiRequestParams;
import com.stripe.net.FormEncoder;
import com.stripe.param.CustomerBalanceTransactionCreateParams;
import com.stripe.param.CustomerCreateParams;
import com.stripe.param.CustomerListParams;
import com.stripe.param.CustomerUpdateParams;
import com.stripe.param.EventListParams;
import com.stripe.param.InvoiceListParams;
import com.stripe.param.SubscriptionCancelParams;
import com.stripe.param.SubscriptionListParams;
import com.stripe.param.billing.MeterEventAdjustmentCreateParams;
import com.stripe.param.billing.MeterEventCreateParams;
import com.stripe.param.billing.MeterEventSummaryListParams;
import com.stripe.param.billing.MeterListParams;
import com.stripe.param.checkout.SessionCreateParams;
import com.stripe.param.checkout.SessionListParams;
import java.time.Instant;
import java.util.List;

/** Parameters of our calls to Stripe, form-encoded by Stripe's own types. Pure. */
public final class StripeRequests {
  /** The metadata that leads from a customer back to its tenant. */
  public static final String TENANT = "tenant_id";

  /** The metadata that leads from a credit to the job it is for. */
  static final String JOB = "job_id";

  private static final long PAGE = 100;

  private StripeRequests() {}

  /** Creates the customer of a tenant. */
  public static String customer(String tenantId, String name, String email) {
    return encode(
        CustomerCreateParams.builder()
            .setName(name)
            .setEmail(email)
            .putMetadata(TENANT, tenantId)
            .build());
  }

  /** Gives a customer its tenant's name and address of today. */
  public static String customerNow(String name, String email) {
    return encode(CustomerUpdateParams.builder().setName(name).setEmail(email).build());
  }

  /** Lists the customers with an e-mail address; {@code after} is the last one seen, or null. */
  public static String customersWith(String email, String after) {
    return encode(
        CustomerListParams.builder()
            .setEmail(email)
            .setLimit(PAGE)
            .setStartingAfter(after)
            .build());
  }

  /** Sells a subscription; a metered price takes no quantity. */
  public static String checkout(
      String tenantId,
      String customer,
      String price,
      boolean metered,
      String success,
      String cancel) {
    var item = SessionCreateParams.LineItem.builder().setPrice(price);
    if (!metered) {
      item.setQuantity(1L);
    }
    return encode(
        SessionCreateParams.builder()
            .setMode(SessionCreateParams.Mode.SUBSCRIPTION)
            .setCustomer(customer)
            .setClientReferenceId(tenantId)
            .setSuccessUrl(success)
            .setCancelUrl(cancel)
            .addLineItem(item.build())
            .setSubscriptionData(
                SessionCreateParams.SubscriptionData.builder()
                    .putMetadata(TENANT, tenantId)
                    .build())
            .build());
  }

  /** Opens the billing portal; {@code returnUrl} may be null. */
  public static String portal(String customer, String returnUrl) {
    return encode(
        com.stripe.param.billingportal.SessionCreateParams.builder()
            .setCustomer(customer)
            .setReturnUrl(returnUrl)
            .build());
  }

  /** Lists every subscription of a customer, ended ones too, with their newest invoices. */
  public static String subscriptionsOf(String customer) {
    return encode(
        SubscriptionListParams.builder()
            .setCustomer(customer)
            .setStatus(SubscriptionListParams.Status.ALL)
            .setLimit(PAGE)
            .addExpand("data.latest_invoice")
            .build());
  }

  /** Ends a subscription; what was used and not billed yet is billed now. */
  public static String ending() {
    return encode(SubscriptionCancelParams.builder().setInvoiceNow(true).build());
  }

  /** Reports one job that ended at {@code at}; the job's id keeps it from counting twice. */
  public static String meterEvent(String eventName, String customer, String jobId, Instant at) {
    return meterEvent(eventName, customer, jobId, at, 1);
  }

  /** Takes one job of that time off the count again. */
  public static String counterEvent(String eventName, String customer, String jobId, Instant at) {
    return meterEvent(eventName, customer, jobId + "-void", at, -1);
  }

  private static String meterEvent(
      String eventName, String customer, String identifier, Instant at, int value) {
    return encode(
        MeterEventCreateParams.builder()
            .setEventName(eventName)
            .setIdentifier(identifier)
            .setTimestamp(at.getEpochSecond())
            .putPayload("stripe_customer_id", customer)
            .putPayload("value", Integer.toString(value))
            .build());
  }

  /** Takes a reported job back, within 24 hours of its report. */
  public static String cancelMeterEvent(String eventName, String jobId) {
    return encode(
        MeterEventAdjustmentCreateParams.builder()
            .setEventName(eventName)
            .setType(MeterEventAdjustmentCreateParams.Type.CANCEL)
            .setCancel(
                MeterEventAdjustmentCreateParams.Cancel.builder().setIdentifier(jobId).build())
            .build());
  }

  /** Asks what Stripe counted for a customer from {@code start} to {@code end}, whole minutes. */
  public static String meterSummary(String customer, Instant start, Instant end) {
    return encode(
        MeterEventSummaryListParams.builder()
            .setCustomer(customer)
            .setStartTime(start.getEpochSecond())
            .setEndTime(end.getEpochSecond())
            .build());
  }

  /** Asks the same hour by hour; whole hours. */
  public static String hourlySummary(String customer, Instant start, Instant end) {
    return encode(
        MeterEventSummaryListParams.builder()
            .setCustomer(customer)
            .setStartTime(start.getEpochSecond())
            .setEndTime(end.getEpochSecond())
            .setValueGroupingWindow(MeterEventSummaryListParams.ValueGroupingWindow.HOUR)
            .setLimit(PAGE)
            .build());
  }

  /** Lists the checkouts of a customer that are still open. */
  public static String openCheckouts(String customer) {
    return encode(
        SessionListParams.builder()
            .setCustomer(customer)
            .setStatus(SessionListParams.Status.OPEN)
            .setLimit(PAGE)
            .build());
  }

  /** Lists the invoices of a customer that are to be paid. */
  public static String unpaidOf(String customer) {
    return encode(
        InvoiceListParams.builder()
            .setCustomer(customer)
            .setStatus(InvoiceListParams.Status.OPEN)
            .setLimit(PAGE)
            .build());
  }

  /** Lists a customer's newest invoices. */
  public static String invoicesOf(String customer) {
    return encode(InvoiceListParams.builder().setCustomer(customer).setLimit(PAGE).build());
  }

  /** Asks for as much of a list as there is at once. */
  public static String page() {
    return "limit=" + PAGE;
  }

  /** Takes what a job cost, in the currency's smallest unit, off the next invoice. */
  public static String credit(String jobId, long amount, String currency) {
    return encode(
        CustomerBalanceTransactionCreateParams.builder()
            .setAmount(-amount)
            .setCurrency(currency)
            .setDescription("Job " + jobId + " is off the bill")
            .putMetadata(JOB, jobId)
            .build());
  }

  /** Lists the meters that are in use. */
  public static String meters() {
    return encode(
        MeterListParams.builder().setStatus(MeterListParams.Status.ACTIVE).setLimit(PAGE).build());
  }

  /** Lists events of some types since a time; {@code after} is the last id seen, or null. */
  public static String events(List<String> types, Instant since, String after) {
    return encode(
        EventListParams.builder()
            .addAllType(types)
            .setCreated(EventListParams.Created.builder().setGte(since.getEpochSecond()).build())
            .setLimit(PAGE)
            .setStartingAfter(after)
            .build());
  }

  private static String encode(ApiRequestParams params) {
    return FormEncoder.createQueryString(params.toMap());
  }
}
