package io.outpost.billing;

import com.stripe.net.ApiRequestParams;
import com.stripe.net.FormEncoder;
import com.stripe.param.CustomerCreateParams;
import com.stripe.param.CustomerListParams;
import com.stripe.param.CustomerUpdateParams;
import com.stripe.param.EventListParams;
import com.stripe.param.SubscriptionListParams;
import com.stripe.param.billing.MeterEventAdjustmentCreateParams;
import com.stripe.param.billing.MeterEventCreateParams;
import com.stripe.param.billing.MeterEventSummaryListParams;
import com.stripe.param.billing.MeterListParams;
import com.stripe.param.checkout.SessionCreateParams;
import java.time.Instant;
import java.util.List;

/** Parameters of our calls to Stripe, form-encoded by Stripe's own types. Pure. */
public final class StripeRequests {
  /** The metadata that leads from a customer back to its tenant. */
  public static final String TENANT = "tenant_id";

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

  /** Lists the customers with an e-mail address. */
  public static String customersWith(String email) {
    return encode(CustomerListParams.builder().setEmail(email).setLimit(PAGE).build());
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
