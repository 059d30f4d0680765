"""The bare loop: httpx, four writes at a time, and no memory of what was done.

Pages of 250 are read while batches of 50 are written. Its cost is the least that moving the records takes in Python,
and the cost of the others is reported as a multiple of it.
"""

import asyncio
import sys

import httpx
import mapping
import orjson

PAGE, BATCH, AT_ONCE = 250, 50, 4


async def main(base):
    """Move all customers, then all invoices."""
    limits = httpx.Limits(max_connections=AT_ONCE + 1)
    async with httpx.AsyncClient(base_url=base, timeout=60, limits=limits) as http:
        answered = await moved(http, "customers", "Contacts", mapping.contact, keep=True)
        contacts = mapping.learnt(answered)
        await moved(http, "invoice", "Invoices", lambda row: mapping.invoice(row, contacts, base))


async def moved(http, app, name, mapped, keep=False):
    """Read and write all records of an app; return the answers if `keep` is set."""
    gate, answers, tasks = asyncio.Semaphore(AT_ONCE), [], []

    async def write(rows):
        try:
            headers = {**mapping.HEADERS, "Content-Type": "application/json"}
            path = f"/api.xro/2.0/{name}?summarizeErrors=false"
            answer = await http.put(path, content=orjson.dumps({name: rows}), headers=headers)
        finally:
            gate.release()
        answer.raise_for_status()
        found = mapping.accepted(orjson.loads(answer.content))
        if keep:
            answers.extend(found)

    start, total = 0, 1
    while start < total:
        asked = {"a": "getAll", "startIndex": start, "numRecords": PAGE, "apiKey": "none", "accessKey": "none"}
        answer = await http.post(f"/app/dao/v6/{app}", data=asked)
        answer.raise_for_status()
        page = orjson.loads(answer.content)
        rows, total = [mapped(row) for row in page["data"]], page["countOfRecords"]
        tasks = [task for task in tasks if not task.done() or task.result()]
        for at in range(0, len(rows), BATCH):
            await gate.acquire()  # so that no more pages are read than can be written
            tasks.append(asyncio.create_task(write(rows[at : at + BATCH])))
        start += len(rows)
    await asyncio.gather(*tasks)
    return answers


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
