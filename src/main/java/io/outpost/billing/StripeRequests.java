package io.outpost.billing;

import com.stripe.net.ApiRequestParams;
import com.stripe.net.FormEncoder;
import com.stripe.param.CustomerBalanceTransactionCreateParams;
import com.stripe.param.CustomerCreateParams;
import com.stripe.param.CustomerListParams;
import com.stripe.param.CustomerUpdateParams;
import com.stripe.param.EventListParams;
import com.stripe.param.InvoiceCreateParams;
import com.stripe.param.InvoiceCreatePreviewParams;
import com.stripe.param.InvoiceItemCreateParams;
import com.stripe.param.InvoiceItemListParams;
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
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Parameters of our calls to Stripe, form-encoded by Stripe's own types. Stateless. */
public final class StripeRequests {
  /** The name of the metadata by which a customer leads to its tenant. */
  public static final String TENANT = "tenant_id";

  /** The name of the metadata by which a credit leads to its job. */
  static final String JOB = "job_id";

  /** The name of the metadata by which an invoice item leads to its ledger entries. */
  static final String ADJUSTMENT = "adjustment";

  /** The prefix of the numbered metadata that name jobs. */
  static final String JOBS = "jobs_";

  private static final long PAGE = 100;

  /**
   * How many jobs a metadata value may name: 500 characters, 26 for each ULID and a space between
   * two.
   */
  private static final int JOBS_A_VALUE = 18;

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

  /** Updates a customer's name and address. */
  public static String customerNow(String name, String email) {
    return encode(CustomerUpdateParams.builder().setName(name).setEmail(email).build());
  }

  /** Lists the customers with an e-mail address; {@code after} is the last one seen, or null. */
  public static String customersWith(String email, @Nullable String after) {
    return encode(
        CustomerListParams.builder()
            .setEmail(email)
            .setLimit(PAGE)
            .setStartingAfter(after)
            .build());
  }

  /** Creates a checkout for a subscription; a metered price takes no quantity. */
  public static String checkout(
      String tenantId,
      String customer,
      String price,
      boolean metered,
      String success,
      String cancel,
      boolean taxed,
      boolean promoted) {
    var item = SessionCreateParams.LineItem.builder().setPrice(price);
    if (!metered) {
      item.setQuantity(1L);
    }
    var session =
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
                    .build());
    if (promoted) {
      session.setAllowPromotionCodes(true);
    }
    if (taxed) {
      // Taxes depend on the address, which customers enter only in a checkout.
      session
          .setAutomaticTax(SessionCreateParams.AutomaticTax.builder().setEnabled(true).build())
          .setCustomerUpdate(
              SessionCreateParams.CustomerUpdate.builder()
                  .setAddress(SessionCreateParams.CustomerUpdate.Address.AUTO)
                  .build());
    }
    return encode(session.build());
  }

  /** Opens the billing portal; {@code returnUrl} may be null. */
  public static String portal(String customer, @Nullable String returnUrl) {
    return encode(
        com.stripe.param.billingportal.SessionCreateParams.builder()
            .setCustomer(customer)
            .setReturnUrl(returnUrl)
            .build());
  }

  /** Lists all subscriptions of a customer, including ended ones, with their newest invoices. */
  public static String subscriptionsOf(String customer) {
    return encode(
        SubscriptionListParams.builder()
            .setCustomer(customer)
            .setStatus(SubscriptionListParams.Status.ALL)
            .setLimit(PAGE)
            .addExpand("data.latest_invoice")
            .build());
  }

  /** Ends a subscription, and bills its unbilled usage now. */
  public static String ending() {
    return encode(SubscriptionCancelParams.builder().setInvoiceNow(true).build());
  }

  /**
   * Reports one job that counts at the time {@code at}. The identifier keeps it from counting
   * twice.
   */
  public static String meterEvent(String eventName, String customer, String jobId, Instant at) {
    return meterEvent(eventName, customer, jobId, at, 1);
  }

  /** Subtracts one job at the time {@code at} from Stripe's count. */
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

  /** Cancels a report that is not older than 24 hours. */
  public static String cancelMeterEvent(String eventName, String jobId) {
    return encode(
        MeterEventAdjustmentCreateParams.builder()
            .setEventName(eventName)
            .setType(MeterEventAdjustmentCreateParams.Type.CANCEL)
            .setCancel(
                MeterEventAdjustmentCreateParams.Cancel.builder().setIdentifier(jobId).build())
            .build());
  }

  /**
   * Reads Stripe's count for a customer from {@code start} to {@code end}, which are whole minutes.
   */
  public static String meterSummary(String customer, Instant start, Instant end) {
    return encode(
        MeterEventSummaryListParams.builder()
            .setCustomer(customer)
            .setStartTime(start.getEpochSecond())
            .setEndTime(end.getEpochSecond())
            .build());
  }

  /**
   * Reads Stripe's count for each hour from {@code start} to {@code end}, which are whole hours.
   */
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

  /** Lists a customer's newest invoices. */
  public static String invoicesOf(String customer) {
    return encode(InvoiceListParams.builder().setCustomer(customer).setLimit(PAGE).build());
  }

  /** Lists a customer's invoices that were created since this time. */
  static String invoicesSince(String customer, Instant since) {
    return encode(
        InvoiceListParams.builder()
            .setCustomer(customer)
            .setCreated(InvoiceListParams.Created.builder().setGte(since.getEpochSecond()).build())
            .setLimit(PAGE)
            .build());
  }

  /** Previews a subscription's next invoice. */
  public static String nextInvoice(String customer, String subscription) {
    return encode(
        InvoiceCreatePreviewParams.builder()
            .setCustomer(customer)
            .setSubscription(subscription)
            .build());
  }

  /** Lists a customer's invoice items, including pending ones. */
  static String positionsOf(String customer) {
    return encode(InvoiceItemListParams.builder().setCustomer(customer).setLimit(PAGE).build());
  }

  /** Bills jobs that are missing on the invoice of their period, and names them. */
  static String lateUsage(String customer, LateUsage late) {
    var position =
        InvoiceItemCreateParams.builder()
            .setCustomer(customer)
            .setAmount(late.amount())
            .setCurrency(late.currency())
            .setDescription(late.description())
            .putMetadata(ADJUSTMENT, late.adjustment())
            .putMetadata("invoice", late.invoice());
    for (int i = 0; i < late.jobs().size(); i += JOBS_A_VALUE) {
      var some = late.jobs().subList(i, Math.min(i + JOBS_A_VALUE, late.jobs().size()));
      position.putMetadata(JOBS + i / JOBS_A_VALUE, String.join(" ", some));
    }
    return encode(position.build());
  }

  /** Creates an invoice of all pending items. */
  static String lastInvoice(String customer, String currency) {
    return encode(
        InvoiceCreateParams.builder()
            .setCustomer(customer)
            .setCurrency(currency)
            .setAutoAdvance(true)
            .setPendingInvoiceItemsBehavior(InvoiceCreateParams.PendingInvoiceItemsBehavior.INCLUDE)
            .build());
  }

  /** Requests the largest page of a list. */
  public static String page() {
    return "limit=" + PAGE;
  }

  /** Continues a list after the entry with this id. */
  static String after(String id) {
    return FormEncoder.createQueryString(Map.of("starting_after", id));
  }

  /** Credits an amount, in the currency's smallest unit, on the next invoice. */
  public static String credit(String jobId, long amount, String currency) {
    return encode(
        CustomerBalanceTransactionCreateParams.builder()
            .setAmount(-amount)
            .setCurrency(currency)
            .setDescription("Job " + jobId + " is off the bill")
            .putMetadata(JOB, jobId)
            .build());
  }

  /** Lists the active meters. */
  public static String meters() {
    return encode(
        MeterListParams.builder().setStatus(MeterListParams.Status.ACTIVE).setLimit(PAGE).build());
  }

  /** Lists events of these types since a time; {@code after} is the last id seen, or null. */
  public static String events(List<String> types, Instant since, @Nullable String after) {
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
