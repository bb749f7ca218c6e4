import { readFileSync } from 'node:fs';
import { Controller, Get, Header, type INestApplication } from '@nestjs/common';
import { ApiExcludeController, DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { TOKEN_SECURITY } from '../access/index.js';

/** The description of the HTTP API, made from the routes and their DTOs. `openapi.json` holds its last state. */
export function describeApi(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Keyless KMS Proxy')
    .setDescription(
      'Short-lived tokens and envelope encryption in front of key services. Errors are RFC 9457 problems.',
    )
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .build();
  config.components = { ...config.components, securitySchemes: TOKEN_SECURITY };
  const document = SwaggerModule.createDocument(app, config);
  for (const [name, schema] of Object.entries(document.components?.schemas ?? {})) {
    if (isRequest(name) && !('$ref' in schema)) schema.additionalProperties = false;
  }
  return document;
}

/** What a caller sends is refused with members that nobody knows; what we answer may grow. */
const isRequest = (schema: string): boolean => schema.endsWith('Body') || schema === 'EnvelopeDto';

/** Serves the committed description; a gate holds it to the code. */
@ApiExcludeController()
@Controller()
export class OpenApiController {
  #text: string | undefined;

  @Get('openapi.json')
  @Header('Content-Type', 'application/json')
  document(): string {
    this.#text ??= readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8');
    return this.#text;
  }
}
