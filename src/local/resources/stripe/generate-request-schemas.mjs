// Writes request-schemas.json beside this file: a JSON Schema for the parameters of each call that
// the Stripe stub answers, made from the TypeScript types that Stripe publishes. Run it with
// `node generate-request-schemas.mjs` (Node 20 or newer) when the API version is to move on.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const packages = ['stripe@22.5.0', 'ts-json-schema-generator@2.4.0', 'typescript@5.9.3', '@types/node@22.19.1'];

/** Each call that the stub checks, and the type of its parameters. */
const calls = {
  createCustomer: 'CustomerCreateParams',
  updateCustomer: 'CustomerUpdateParams',
  listCustomers: 'CustomerListParams',
  createProduct: 'ProductCreateParams',
  createPrice: 'PriceCreateParams',
  createCheckoutSession: 'Checkout.SessionCreateParams',
  createPortalSession: 'BillingPortal.SessionCreateParams',
  createSubscription: 'SubscriptionCreateParams',
  updateSubscription: 'SubscriptionUpdateParams',
  cancelSubscription: 'SubscriptionCancelParams',
  resumeSubscription: 'SubscriptionResumeParams',
  listSubscriptions: 'SubscriptionListParams',
  listInvoices: 'InvoiceListParams',
  payInvoice: 'InvoicePayParams',
  createMeter: 'Billing.MeterCreateParams',
  listMeters: 'Billing.MeterListParams',
  listMeterEventSummaries: 'Billing.MeterListEventSummariesParams',
  createMeterEvent: 'Billing.MeterEventCreateParams',
  createMeterEventAdjustment: 'Billing.MeterEventAdjustmentCreateParams',
  listEvents: 'EventListParams',
  listCheckoutSessions: 'Checkout.SessionListParams',
  listInvoiceLines: 'InvoiceListLineItemsParams',
  finalizeInvoice: 'InvoiceFinalizeInvoiceParams',
  createInvoicePreview: 'InvoiceCreatePreviewParams',
  createInvoiceItem: 'InvoiceItemCreateParams',
  listInvoiceItems: 'InvoiceItemListParams',
  createBalanceTransaction: 'CustomerCreateBalanceTransactionParams',
  listBalanceTransactions: 'CustomerListBalanceTransactionsParams',
  listPortalConfigurations: 'BillingPortal.ConfigurationListParams',
  listWebhookEndpoints: 'WebhookEndpointListParams',
};

const here = dirname(fileURLToPath(import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'stripe-types-'));
const run = (file, ...args) => execFileSync(file, args, { cwd: work, stdio: ['ignore', 'ignore', 'inherit'] });

try {
  writeFileSync(join(work, 'package.json'), '{"private": true, "type": "module"}');
  run('npm', 'install', '--silent', '--no-audit', '--no-fund', ...packages);
  const types = join(work, 'node_modules/stripe/esm');
  closeEnums(types);
  const aliases = Object.entries(calls).map(([call, type]) => `export type ${call} = Stripe.${type};`);
  writeFileSync(join(work, 'calls.ts'), ["import Stripe from 'stripe';", ...aliases, ''].join('\n'));
  writeFileSync(join(work, 'tsconfig.json'), JSON.stringify({
    compilerOptions: { module: 'nodenext', moduleResolution: 'nodenext', strict: true, types: ['node'] },
    files: ['calls.ts'],
  }));
  run('npx', 'ts-json-schema-generator', '--path', 'calls.ts', '--tsconfig', 'tsconfig.json', '--type', '*',
    '--no-type-check', '--expose', 'export', '--jsDoc', 'none', '--out', 'schemas.json');
  const schema = JSON.parse(readFileSync(join(work, 'schemas.json'), 'utf8'));
  const version = readFileSync(join(types, 'apiVersion.d.ts'), 'utf8').match(/ApiVersion = "([^"]+)"/)[1];
  writeFileSync(join(here, 'request-schemas.json'),
    JSON.stringify({ $schema: schema.$schema, $comment: `Stripe API ${version}`, definitions: schema.definitions }, null, 1) + '\n');
} finally {
  rmSync(work, { recursive: true });
}

/** Stripe's enums allow any other string too, for values to come; a request of ours must name a known one. */
function closeEnums(types) {
  for (const entry of readdirSync(types, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && entry.name.endsWith('.d.ts')) {
      const file = join(entry.parentPath, entry.name);
      writeFileSync(file, readFileSync(file, 'utf8').replaceAll(' | OtherString', ''));
    }
  }
}
