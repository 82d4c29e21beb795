import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import { sampleFiles } from './support/bookinfo.ts';
import { namespacesRefused, TestCluster } from './support/cluster.ts';
import { pageUrl } from './support/stories.ts';

const files = sampleFiles.ours;
const noBrowser = process.env.LATEEN_CHROMIUM ? false : 'LATEEN_CHROMIUM does not name a browser';

describe('what a person sees', { skip: noBrowser || (await namespacesRefused()) }, () => {
  let cluster: TestCluster;
  let browser: Browser;
  let page: Page;
  before(async () => {
    cluster = await TestCluster.start({ demo: true });
    browser = await chromium.launch({
      executablePath: process.env.LATEEN_CHROMIUM!,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-sync',
      ],
    });
    page = await browser.newPage({ viewport: { width: 1280, height: 860 } });
  });
  after(async () => {
    await browser?.close();
    await cluster?.remove();
  });

  test('the page has its parts and no errors', async () => {
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(pageUrl(cluster));
    assert.equal(await page.title(), 'Simple Bookstore App');
    assert.ok(await page.getByText('The Comedy of Errors').first().isVisible());
    assert.ok(await page.getByText('Reviewer1').first().isVisible());
    assert.deepEqual(errors, []);
  });

  test('jason signs in and sees black stars, signs out and sees none', async () => {
    const { networking } = files;
    await cluster.kubectl(
      'apply',
      '-f',
      `${networking}/destination-rule-all.yaml`,
      '-f',
      `${networking}/virtual-service-all-v1.yaml`,
    );
    await cluster.kubectl('apply', '-f', `${networking}/virtual-service-reviews-test-v2.yaml`);
    await page.goto(pageUrl(cluster));
    await page.getByRole('button', { name: 'Sign in' }).first().click();
    const name = page.locator('input[name=username]');
    await name.fill('jason');
    await name.press('Enter');
    await page.getByText('jason').first().waitFor();
    await reloadUntil(page, async () => (await page.locator('.text-black, .text-black-500').count()) > 0);
    await page.getByText('Sign out', { exact: false }).first().click();
    await reloadUntil(page, async () => (await page.locator('.text-black, .text-black-500').count()) === 0);
  });
});

async function reloadUntil(page: Page, condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('the page does not come to show what is expected');
    await page.reload();
  }
}
